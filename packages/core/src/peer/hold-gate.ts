import { HoldTooLateError, PluginError } from '../common/errors.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { HoldOptions, PeerHold } from '../plugin/hold.js';
import type { Clock, TimerHandle } from '../ports/clock.js';

const defaultDeadlineMs = 10_000;

/** What the gate asks of its connection. */
export interface HoldOwner {
  /** The last hold has ended. */
  holdReleased(): void;
  /** A hold ran out of time, or its plugin left with it open. */
  holdFailed(scope: PluginScope, code: string, message: string): void;
}

/** The holds that are open on one connection. */
export class HoldGate {
  readonly #owner: HoldOwner;
  readonly #clock: Clock;
  readonly #open = new Set<OpenHold>();
  /** Whether `hold` is legal now. */
  isWindowOpen = false;
  #isStarted = false;
  readonly #localIds = new Set<number>();

  constructor(owner: HoldOwner, clock: Clock) {
    this.#owner = owner;
    this.#clock = clock;
  }

  get isHeld(): boolean {
    return this.#open.size > 0;
  }

  get isStrict(): boolean {
    for (const hold of this.#open) if (hold.isStrict) return true;
    return false;
  }

  isHolder(scope: PluginScope): boolean {
    for (const hold of this.#open) if (hold.scope === scope) return true;
    return false;
  }

  /**
   * Whether the channel works while held: it is one of a hold that is open, or was, because the remote may
   * not be as far.
   */
  allowsChannel(localId: number): boolean {
    return this.#localIds.has(localId);
  }

  hold(scope: PluginScope, options: HoldOptions): PeerHold {
    if (!this.isWindowOpen) throw new HoldTooLateError();
    const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
    if (!Number.isFinite(deadlineMs) || deadlineMs <= 0) {
      throw new PluginError('PLUGIN_HOLD_DEADLINE', `deadlineMs is a positive number, not ${deadlineMs}`);
    }
    const hold = new OpenHold(scope, options);
    this.#open.add(hold);
    for (const { localId } of options.channels) this.#localIds.add(localId);
    scope.usage.holds++;
    let timer: TimerHandle | undefined;
    hold.onStart = () => {
      timer = this.#clock.setTimeout(() => {
        this.#end(hold);
        this.#owner.holdFailed(scope, 'PEER_HOLD_TIMEOUT', `held too long: ${options.reason}`);
      }, deadlineMs);
    };
    if (this.#isStarted) hold.onStart();
    const disown = scope.own(() => {
      this.#end(hold);
      this.#owner.holdFailed(scope, 'PEER_HOLD_ABANDONED', `its holder left: ${options.reason}`);
    });
    hold.onEnd = () => {
      if (timer !== undefined) this.#clock.clear(timer);
      disown();
      scope.usage.holds--;
    };
    const gate = this;
    return {
      get isReleased() {
        return !gate.#open.has(hold);
      },
      release: () => {
        if (this.#end(hold) && !this.isHeld) this.#owner.holdReleased();
      },
    };
  }

  /** The stream is open: deadlines begin, since dialling has one of its own. */
  start(): void {
    this.#isStarted = true;
    for (const hold of this.#open) hold.onStart();
  }

  /** Ends all holds without release: the connection is gone. */
  clear(): void {
    for (const hold of [...this.#open]) this.#end(hold);
  }

  #end(hold: OpenHold): boolean {
    if (!this.#open.delete(hold)) return false;
    hold.onEnd();
    return true;
  }
}

class OpenHold {
  readonly scope: PluginScope;
  readonly isStrict: boolean;
  onStart: () => void = () => {};
  onEnd: () => void = () => {};

  constructor(scope: PluginScope, { strict }: HoldOptions) {
    this.scope = scope;
    this.isStrict = strict === true;
  }
}
