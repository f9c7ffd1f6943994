import { runComplianceSuite } from './compliance.js';
import { counter, Gate } from './samples.fake.js';

runComplianceSuite(() => new Gate('sesame'));
runComplianceSuite(counter);
