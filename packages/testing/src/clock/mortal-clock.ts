import type { Clock, TimerHandle } from '@peerloom/core';

/** The clock of one process among several that share a time: when it is killed, none of its timers fire. */
export class MortalClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<TimerHandle>();
  #isDead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTimeMs(): number {
    return this.#clock.wallTimeMs();
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return this.#once(callback, (fire) => this.#clock.setTimeout(fire, delayMs));
  }

  setImmediate(callback: () => void): TimerHandle {
    return this.#once(callback, (fire) => this.#clock.setImmediate(fire));
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    return this.#keep(this.#clock.setInterval(callback, periodMs));
  }

  clear(handle: TimerHandle): void {
    this.#timers.delete(handle);
    this.#clock.clear(handle);
  }

  /** Clears every timer; those that are set afterwards never fire. */
  kill(): void {
    this.#isDead = true;
    for (const handle of this.#timers) this.#clock.clear(handle);
    this.#timers.clear();
  }

  #once(callback: () => void, start: (fire: () => void) => TimerHandle): TimerHandle {
    const handle = start(() => {
      this.#timers.delete(handle);
      callback();
    });
    return this.#keep(handle);
  }

  #keep(handle: TimerHandle): TimerHandle {
    if (this.#isDead) this.#clock.clear(handle);
    else this.#timers.add(handle);
    return handle;
  }
}
