import { addressPrefixKey, type Clock } from '@peerloom/core/plugin';

const windowMs = 60_000;
/** Parties that are counted at one time; what further ones do is not. So memory is bounded, whoever comes. */
const maxCounted = 65_536;

/** How many requests one party, an IPv4 address or an IPv6 /64, makes a minute. */
export class RequestRateLimiter {
  readonly #maxPerMinute: number;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #windowEndMs = 0;

  constructor(maxPerMinute: number, clock: Clock) {
    this.#maxPerMinute = maxPerMinute;
    this.#clock = clock;
  }

  /** Counts a request; false where it is one too many. */
  take(address: string): boolean {
    const nowMs = this.#clock.now();
    if (nowMs >= this.#windowEndMs) {
      this.#counts.clear();
      this.#windowEndMs = nowMs + windowMs;
    }
    const prefix = addressPrefixKey(address);
    const count = this.#counts.get(prefix);
    if (count === undefined && this.#counts.size >= maxCounted) return true;
    if (count !== undefined && count >= this.#maxPerMinute) return false;
    this.#counts.set(prefix, (count ?? 0) + 1);
    return true;
  }
}
