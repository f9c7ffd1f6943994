import type { Clock } from '../ports/clock.js';

const windowMs = 60_000;
const maxInWindow = 3;

/** Counts faults of required plugins that had one peer to blame. */
export class RequiredFaults {
  readonly #clock: Clock;
  #times: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a fault; true where it is more than three in a minute. */
  isTooMany(): boolean {
    const nowMs = this.#clock.now();
    this.#times = this.#times.filter((time) => nowMs - time < windowMs);
    this.#times.push(nowMs);
    return this.#times.length > maxInWindow;
  }
}
