import { runComplianceSuite } from '@peerloom/testing';
import { SmartBan } from './smart-ban.js';

runComplianceSuite(() => new SmartBan());
