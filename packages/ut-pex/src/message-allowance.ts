/** Messages that may come at once, as after a connection that stood still for minutes. */
const burst = 6;
/** Twice as often as BEP 11 allows: clocks differ, and so do readings of it. */
const intervalMs = 30_000;

/** How many messages a peer may send: a burst, and then one every so often. */
export class MessageAllowance {
  #messages = burst;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** A message has come. False where there are too many. */
  take(nowMs: number): boolean {
    this.#messages = Math.min(burst, this.#messages + (nowMs - this.#atMs) / intervalMs);
    this.#atMs = nowMs;
    if (this.#messages < 1) return false;
    this.#messages--;
    return true;
  }
}
