import { runComplianceSuite } from './compliance.js';
import { everyHook, noop } from './samples.fake.js';

runComplianceSuite(noop);
runComplianceSuite(everyHook);
