import { PeerloomError } from '@peerloom/core/plugin';

/** Options, keys, certificates or lists that cannot be used. Codes start with `CLOSED_NETWORK_`. */
export class ClosedNetworkError extends PeerloomError {}
