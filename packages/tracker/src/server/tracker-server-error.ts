import { PeerloomError } from '@peerloom/core/plugin';

/** A tracker server that cannot be made or used as it was asked for. Codes start with `TRACKER_SERVER_`. */
export class TrackerServerError extends PeerloomError {}
