import { runComplianceSuite } from '@peerloom/testing';
import { TrackerClient } from './index.js';

runComplianceSuite(() => new TrackerClient());
