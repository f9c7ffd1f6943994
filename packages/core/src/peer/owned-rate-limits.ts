import { type LimitedBothWays, setRateLimits } from '../bandwidth/torrent-bandwidth.js';
import { PluginError } from '../common/errors.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { RateLimits } from '../plugin/rate-limits.js';

/** The limits that one plugin sets of a torrent or a connection: they end with its scope there. */
export class OwnedRateLimits {
  readonly #limited: LimitedBothWays;

  constructor(limited: LimitedBothWays, scope: PluginScope) {
    this.#limited = limited;
    scope.own(() => this.set({ downloadBytesPerSecond: 0, uploadBytesPerSecond: 0 }));
  }

  /** Throws `PLUGIN_MESSAGE_INVALID`, and then none is set. */
  set(limits: Partial<RateLimits>): void {
    const wrong = setRateLimits(this.#limited, limits, this);
    if (wrong !== undefined) throw new PluginError('PLUGIN_MESSAGE_INVALID', wrong);
  }
}
