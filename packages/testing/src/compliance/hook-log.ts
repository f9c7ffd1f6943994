import type { HookId } from './hook-catalog.js';

/** One call of a hook. */
export interface HookCall {
  readonly id: HookId;
  readonly args: readonly unknown[];
  /** What it returned; `undefined` where it threw. */
  readonly result: unknown;
  /** What it threw. */
  readonly error: unknown;
  /** Address of the connection's other end; `undefined` for hooks above peers. */
  readonly remote: string | undefined;
  /** Position among all calls that any log of the same arena holds. */
  readonly sequence: number;
}

/** Numbers the calls of several logs. */
export class CallCounter {
  #count = 0;

  next(): number {
    return this.#count++;
  }
}

/** The calls that one plugin got, at all levels, oldest first. */
export class HookLog {
  readonly #counter: CallCounter;
  readonly #calls: HookCall[] = [];

  constructor(counter: CallCounter) {
    this.#counter = counter;
  }

  get calls(): readonly HookCall[] {
    return this.#calls;
  }

  /** Takes a number for a call that begins. */
  begin(): number {
    return this.#counter.next();
  }

  add(call: HookCall): void {
    this.#calls.push(call);
  }

  /** The calls of one hook. */
  of(id: HookId): HookCall[] {
    return this.#calls.filter((call) => call.id === id);
  }

  has(id: HookId): boolean {
    return this.#calls.some((call) => call.id === id);
  }
}
