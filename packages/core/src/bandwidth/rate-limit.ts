/** How much of what was not used may be caught up with, as a share of a second. */
const burstSeconds = 0.25;

/**
 * How many bytes a second may go one way through a session, a torrent or a connection. What is allowed grows
 * with time; whoever moves bytes while some are left may overdraw, and the next one waits until that is made up
 * for, so that over time the limit holds whatever the size of what is moved.
 */
export class RateLimit {
  #bytesPerSecond = 0;
  #left = 0;
  #refilledAtMs = 0;

  /** 0: no limit. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  get isLimited(): boolean {
    return this.#bytesPerSecond > 0;
  }

  /** Sets the limit from now on; 0: none. What was overdrawn under a limit before is forgotten. */
  set(bytesPerSecond: number, nowMs: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#left = 0;
    this.#refilledAtMs = nowMs;
  }

  /** Whether bytes may move now. */
  isOpen(nowMs: number): boolean {
    if (!this.isLimited) return true;
    this.#refill(nowMs);
    return this.#left > 0;
  }

  /** Bytes move now. */
  take(bytes: number): void {
    if (this.isLimited) this.#left -= bytes;
  }

  /** Milliseconds until bytes may move. */
  waitMs(nowMs: number): number {
    if (this.isOpen(nowMs)) return 0;
    return ((1 - this.#left) / this.#bytesPerSecond) * 1000;
  }

  #refill(nowMs: number): void {
    const earned = ((nowMs - this.#refilledAtMs) / 1000) * this.#bytesPerSecond;
    this.#refilledAtMs = nowMs;
    this.#left = Math.min(this.#left + earned, Math.max(1, this.#bytesPerSecond * burstSeconds));
  }
}
