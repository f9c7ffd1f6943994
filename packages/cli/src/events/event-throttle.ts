/** Of one kind, so many are told at once, and one more each time that this has passed. */
const burst = 5;
const refillMs = 2_000;
/** Kinds are named by extensions too: those beyond share one bound. */
const maxKinds = 64;
const otherKinds = 'other';

interface Bucket {
  left: number;
  filledMs: number;
  skippedCount: number;
}

/** Bounds how much is told of each kind, so that a flood of one hides none of the others. */
export class EventThrottle {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #skippedCount = 0;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many were not told, and not mentioned since. */
  get skippedCount(): number {
    return this.#skippedCount;
  }

  /** Asks to tell of one: `undefined` where it is not to be told, else how many of its kind were not told before it. */
  take(kind: string): number | undefined {
    const bucket = this.#bucketOf(kind);
    const nowMs = this.#now();
    const refill = Math.floor((nowMs - bucket.filledMs) / refillMs);
    if (refill > 0) {
      bucket.left = Math.min(burst, bucket.left + refill);
      bucket.filledMs += refill * refillMs;
    }
    if (bucket.left === 0) {
      bucket.skippedCount++;
      this.#skippedCount++;
      return undefined;
    }
    bucket.left--;
    const { skippedCount } = bucket;
    bucket.skippedCount = 0;
    this.#skippedCount -= skippedCount;
    return skippedCount;
  }

  #bucketOf(kind: string): Bucket {
    const key = this.#buckets.has(kind) || this.#buckets.size < maxKinds ? kind : otherKinds;
    const found = this.#buckets.get(key);
    if (found !== undefined) return found;
    const bucket = { left: burst, filledMs: this.#now(), skippedCount: 0 };
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
