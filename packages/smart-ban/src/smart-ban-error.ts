import { PeerloomError } from '@peerloom/core/plugin';

/** Options that cannot be used. Codes start with `SMART_BAN_`. */
export class SmartBanError extends PeerloomError {}
