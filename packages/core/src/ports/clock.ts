declare const timerBrand: unique symbol;

/** Names a timer of a {@link Clock}; opaque. */
export interface TimerHandle {
  readonly [timerBrand]: true;
}

/** The only source of time in the engine, so that whole swarms can run in virtual time. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary start. */
  now(): number;
  /** Milliseconds since 1970, for certificates and log lines; may jump. */
  wallTimeMs(): number;
  /** Calls `callback` once, `delayMs` from now or a little later. Does not keep the process alive. */
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  /** Calls `callback` every `periodMs` until cleared. Keeps the process alive only where asked to. */
  setInterval(
    callback: () => void,
    periodMs: number,
    options?: { readonly keepsProcessAlive?: boolean },
  ): TimerHandle;
  /** Calls `callback` once when the events at hand have been dealt with, before any later timer. */
  setImmediate(callback: () => void): TimerHandle;
  /** Cancels; a handle that fired or was cleared before is ignored. */
  clear(handle: TimerHandle): void;
}
