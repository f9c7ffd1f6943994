import { ContextClosedError } from '../common/errors.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import type { PluginScope } from './plugin-scope.js';

/** A clock whose timers are guarded, counted, and end with the plugin's scope. */
export class OwnedClock implements Clock {
  readonly #clock: Clock;
  readonly #scope: PluginScope;
  readonly #disown = new Map<TimerHandle, () => void>();

  constructor(clock: Clock, scope: PluginScope) {
    this.#clock = clock;
    this.#scope = scope;
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
    this.#checkOpen();
    const handle = this.#clock.setInterval(() => this.#scope.run('timer', callback), periodMs);
    this.#own(handle);
    return handle;
  }

  clear(handle: TimerHandle): void {
    this.#clock.clear(handle);
    this.#forget(handle);
  }

  #once(callback: () => void, start: (fire: () => void) => TimerHandle): TimerHandle {
    this.#checkOpen();
    const handle = start(() => {
      this.#forget(handle);
      this.#scope.run('timer', callback);
    });
    this.#own(handle);
    return handle;
  }

  #own(handle: TimerHandle): void {
    this.#scope.usage.timers++;
    this.#disown.set(
      handle,
      this.#scope.own(() => this.clear(handle)),
    );
  }

  #forget(handle: TimerHandle): void {
    const disown = this.#disown.get(handle);
    if (disown === undefined) return;
    this.#disown.delete(handle);
    this.#scope.usage.timers--;
    disown();
  }

  #checkOpen(): void {
    if (this.#scope.isClosed) throw new ContextClosedError(`${this.#scope.name}: clock`);
  }
}
