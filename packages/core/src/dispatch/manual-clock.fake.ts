import type { Clock, TimerHandle } from '../ports/clock.js';

interface Timer {
  readonly callback: () => void;
  readonly periodMs: number | undefined;
  dueMs: number;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  /** Timers that are running. */
  readonly #timers = new Map<TimerHandle, Timer>();
  #nowMs = 0;
  /** Wall time at `now() === 0`; a test may make it jump. */
  wallTimeAtStartMs = 1_000_000_000_000;

  get timerCount(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTimeMs(): number {
    return this.wallTimeAtStartMs + this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return this.#start(callback, delayMs, undefined);
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    return this.#start(callback, periodMs, periodMs);
  }

  setImmediate(callback: () => void): TimerHandle {
    return this.#start(callback, 0, undefined);
  }

  clear(handle: TimerHandle): void {
    this.#timers.delete(handle);
  }

  /** Moves time on and fires what falls due meanwhile, earliest first. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      let next: [TimerHandle, Timer] | undefined;
      for (const entry of this.#timers)
        if (next === undefined || entry[1].dueMs < next[1].dueMs) next = entry;
      if (next === undefined || next[1].dueMs > untilMs) break;
      const [handle, timer] = next;
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      if (timer.periodMs === undefined) this.#timers.delete(handle);
      else timer.dueMs += timer.periodMs;
      timer.callback();
    }
    this.#nowMs = untilMs;
  }

  #start(callback: () => void, delayMs: number, periodMs: number | undefined): TimerHandle {
    const handle = {} as TimerHandle;
    this.#timers.set(handle, { callback, periodMs, dueMs: this.#nowMs + delayMs });
    return handle;
  }
}
