import type { Clock, TimerHandle } from '../ports/clock.js';

/** The longest delay of node's timers; a longer one would fire at once. */
const maxDelayMs = 2 ** 31 - 1;

/** What the handles of {@link SystemClock} are. */
abstract class Timer {
  abstract cancel(): void;
}

/** The one place where a type is asserted: the brand of TimerHandle exists in types only. */
function asHandle(timer: object): TimerHandle {
  return timer as TimerHandle;
}

/** Waits for a moment of the monotonic clock: never early, and longer than node's timers can. */
abstract class Deadline extends Timer {
  protected dueMs: number;
  #timeout: NodeJS.Timeout | undefined;

  constructor(dueMs: number) {
    super();
    this.dueMs = dueMs;
  }

  /** Whether waiting keeps the process alive. */
  protected get keepsProcessAlive(): boolean {
    return false;
  }

  arm(): void {
    const leftMs = Math.max(0, Math.ceil(this.dueMs - performance.now()));
    this.#timeout = setTimeout(() => this.#wake(), Math.min(leftMs, maxDelayMs));
    if (!this.keepsProcessAlive) this.#timeout.unref();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }

  protected abstract fire(): void;

  #wake(): void {
    if (performance.now() < this.dueMs) this.arm();
    else this.fire();
  }
}

class OneShot extends Deadline {
  readonly #callback: () => void;

  constructor(callback: () => void, dueMs: number) {
    super(dueMs);
    this.#callback = callback;
  }

  protected fire(): void {
    this.#callback();
  }
}

/** Keeps to multiples of its period from its start; periods that were missed are left out. */
class Interval extends Deadline {
  readonly #callback: () => void;
  readonly #periodMs: number;
  readonly #keepsProcessAlive: boolean;

  constructor(callback: () => void, startMs: number, periodMs: number, keepsProcessAlive: boolean) {
    super(startMs + periodMs);
    this.#callback = callback;
    this.#periodMs = periodMs;
    this.#keepsProcessAlive = keepsProcessAlive;
  }

  protected override get keepsProcessAlive(): boolean {
    return this.#keepsProcessAlive;
  }

  protected fire(): void {
    const lateMs = performance.now() - this.dueMs;
    this.dueMs += this.#periodMs * (1 + Math.floor(lateMs / this.#periodMs));
    // Armed before the call, so that the callback can cancel it, and goes on where the callback throws.
    this.arm();
    this.#callback();
  }
}

class Immediate extends Timer {
  readonly #immediate: NodeJS.Immediate;

  constructor(callback: () => void) {
    super();
    // Held: with an unheld one the loop sleeps until something else happens, and it would be that late.
    this.#immediate = setImmediate(callback);
  }

  cancel(): void {
    clearImmediate(this.#immediate);
  }
}

/** The system's time. Timers never fire early, and keep the process alive only where asked to. */
export class SystemClock implements Clock {
  now(): number {
    return performance.now();
  }

  wallTimeMs(): number {
    return Date.now();
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const timer = new OneShot(callback, performance.now() + delayMs);
    timer.arm();
    return asHandle(timer);
  }

  /** A period below 1 ms counts as 1 ms. */
  setInterval(
    callback: () => void,
    periodMs: number,
    options: { readonly keepsProcessAlive?: boolean } = {},
  ): TimerHandle {
    const keepsAlive = options.keepsProcessAlive === true;
    const timer = new Interval(callback, performance.now(), Math.max(1, periodMs), keepsAlive);
    timer.arm();
    return asHandle(timer);
  }

  setImmediate(callback: () => void): TimerHandle {
    return asHandle(new Immediate(callback));
  }

  clear(handle: TimerHandle): void {
    if (handle instanceof Timer) handle.cancel();
  }
}
