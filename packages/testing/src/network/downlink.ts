import type { Clock } from '@peerloom/core';

/** What a host can take in: one stream of bytes that all its connections share, in order of arrival. */
export class Downlink {
  readonly #clock: Clock;
  #bytesPerSecond: number | undefined;
  #freeMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `undefined`: no limit. */
  set bytesPerSecond(value: number | undefined) {
    this.#bytesPerSecond = value;
  }

  /** When `length` bytes that arrive now are through. */
  passedMs(length: number): number {
    const nowMs = this.#clock.now();
    if (this.#bytesPerSecond === undefined) return nowMs;
    this.#freeMs = Math.max(nowMs, this.#freeMs) + (length * 1000) / this.#bytesPerSecond;
    return this.#freeMs;
  }
}
