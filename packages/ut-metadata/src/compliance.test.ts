import { runComplianceSuite } from '@peerloom/testing';
import { utMetadata } from './index.js';

runComplianceSuite(utMetadata);
