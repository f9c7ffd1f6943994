import { pluginApiVersion } from '@peerloom/core/plugin';
import { runComplianceSuite } from './compliance.js';

runComplianceSuite(() => ({ name: 'noop', apiVersion: pluginApiVersion }));
