/** Weight of the newest second in the average. */
const newestWeight = 0.4;

/** Counts bytes, and keeps their rate as a moving average of about three seconds. */
export class RateMeter {
  #total = 0;
  #sinceTick = 0;
  #rate = 0;

  add(bytes: number): void {
    this.#total += bytes;
    this.#sinceTick += bytes;
  }

  /** Takes in the last interval. Call about once a second. */
  tick(elapsedMs: number): void {
    if (elapsedMs <= 0) return;
    const newest = (this.#sinceTick * 1000) / elapsedMs;
    this.#rate = newest * newestWeight + this.#rate * (1 - newestWeight);
    if (this.#rate < 1) this.#rate = 0;
    this.#sinceTick = 0;
  }

  /** Bytes since the start. */
  get total(): number {
    return this.#total;
  }

  /** Bytes a second. */
  get rate(): number {
    return this.#rate;
  }
}
