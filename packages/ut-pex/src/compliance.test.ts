import { runComplianceSuite } from '@peerloom/testing';
import { utPex } from './ut-pex.js';

runComplianceSuite(utPex);
