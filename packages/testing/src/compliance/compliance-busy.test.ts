import { runComplianceSuite } from './compliance.js';
import { Busy } from './samples.fake.js';

runComplianceSuite(() => new Busy());
