import type { Clock } from '../ports/clock.js';

/** Collects what connections want to send in a turn, and flushes all of it at its end. */
export class FlushScheduler {
  readonly #clock: Clock;
  #flushes: (() => void)[] = [];
  #isScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  schedule(flush: () => void): void {
    this.#flushes.push(flush);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.setImmediate(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    const flushes = this.#flushes;
    this.#flushes = [];
    for (const flush of flushes) flush();
  }
}
