import { type PeerloomError, SessionError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { TorrentState } from '../common/torrent-state.js';
import type { HookHost } from '../dispatch/hook-host.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import type { PauseOptions } from '../plugin/torrent-context.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';
import type { TorrentEnvironment } from './torrent-environment.js';

/** What the life cycle asks of its torrent. */
export interface LifecycleOwner {
  readonly infoHash: InfoHash;
  /** Connections are no longer wanted; plugins may keep theirs only where they `mayStay`. */
  stopped(code: string, message: string, mayStay: boolean): void;
  /** Connections are wanted again; after an error what it put in doubt is looked at first. */
  started(afterError: PeerloomError | undefined): void;
}

/** What the life cycle asks of the session. */
export type LifecycleEnvironment = Pick<TorrentEnvironment, 'alerts' | 'checks' | 'mayStart' | 'lifeChanged'>;

/** State of a torrent, pausing and resuming, and what keeps it from going on. */
export class TorrentLifecycle {
  readonly #owner: LifecycleOwner;
  readonly #environment: LifecycleEnvironment;
  readonly #hooks: HookHost<TorrentPlugin>;
  readonly #missingRequired = new Set<string>();
  #state: TorrentState = 'downloadingMetadata';
  #isPaused: boolean;
  #isAutoManaged: boolean;
  /** The queue keeps it from going on. */
  #isHeld: boolean;
  #isPausedByRequired = false;
  #error: PeerloomError | undefined;

  constructor(
    owner: LifecycleOwner,
    environment: LifecycleEnvironment,
    hooks: HookHost<TorrentPlugin>,
    { isPaused = false, isAutoManaged = true }: AddTorrentParams,
  ) {
    this.#owner = owner;
    this.#environment = environment;
    this.#hooks = hooks;
    this.#isPaused = isPaused;
    this.#isAutoManaged = isAutoManaged;
    this.#isHeld = isAutoManaged && (isPaused || !environment.mayStart());
  }

  get state(): TorrentState {
    return this.#state;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isAutoManaged(): boolean {
    return this.#isAutoManaged;
  }

  /** Whether it waits for a place in the queue, or for its files to be checked. */
  get isQueued(): boolean {
    return this.isHeldBack || this.#environment.checks.isWaiting(this.#owner.infoHash.hex);
  }

  /** Whether only the queue keeps it from going on. */
  get isHeldBack(): boolean {
    return this.#isHeld && this.isWilling;
  }

  /** What stopped it, in state `error`. */
  get error(): PeerloomError | undefined {
    return this.#error;
  }

  get isRunning(): boolean {
    return !this.#isHeld && this.isWilling;
  }

  /** Whether nothing but the queue could keep it from going on. */
  get isWilling(): boolean {
    return !this.#isPaused && this.#state !== 'error' && this.#missingRequired.size === 0;
  }

  setState(state: TorrentState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    if (state !== 'error') this.#error = undefined;
    this.#environment.alerts.post('stateChanged', { infoHash: this.#owner.infoHash, previous, state });
    this.#hooks.notify('onState', state);
    this.#environment.lifeChanged(this.#owner.infoHash);
  }

  /** The queue decides about it, or not: then it goes on at once, unless it is paused. */
  setAutoManaged(isAutoManaged: boolean): void {
    this.#isAutoManaged = isAutoManaged;
    if (this.isHeldBack) this.release();
    else this.#isHeld &&= isAutoManaged;
    this.#environment.lifeChanged(this.#owner.infoHash);
  }

  /** Tells that it waits for a place in the queue, where it does. */
  announceQueued(): void {
    if (this.isHeldBack) this.#environment.alerts.post('torrentQueued', { infoHash: this.#owner.infoHash });
  }

  /** The queue stops it. Plugins are asked as for a pause. */
  hold(): void {
    if (!this.isRunning || this.#hooks.handled('onPause') || !this.isRunning) return;
    this.#isHeld = true;
    this.announceQueued();
    this.#owner.stopped('TORRENT_QUEUED', 'the torrent waits in the queue', true);
  }

  /** The queue lets it go on. Plugins are asked as for a resume. */
  release(): void {
    if (!this.isHeldBack || this.#hooks.handled('onResume') || !this.isHeldBack) return;
    this.#isHeld = false;
    this.#environment.alerts.post('torrentUnqueued', { infoHash: this.#owner.infoHash });
    this.#owner.started(undefined);
  }

  pause({ standard }: PauseOptions = {}): void {
    if (standard !== true && !this.isHeldBack && this.#hooks.handled('onPause')) return;
    this.#pause('TORRENT_PAUSED', 'the torrent was paused', true);
  }

  #pause(code: string, message: string, mayStay: boolean): void {
    if (!this.#isPaused) {
      this.#isPaused = true;
      // Who resumes has to wait for a place again.
      this.#isHeld = this.#isAutoManaged;
      this.#environment.alerts.post('torrentPaused', { infoHash: this.#owner.infoHash });
    }
    this.#owner.stopped(code, message, mayStay);
    this.#environment.lifeChanged(this.#owner.infoHash);
  }

  resume({ standard }: PauseOptions = {}): void {
    const mustWait = this.#isHeld && !this.#environment.mayStart();
    if (standard !== true && !mustWait && this.#hooks.handled('onResume')) return;
    if (this.#missingRequired.size > 0) {
      this.#reportMissing();
      return;
    }
    const afterError = this.#state === 'error' ? this.#error : undefined;
    if (!this.#isPaused && afterError === undefined) return;
    this.#isPausedByRequired = false;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#environment.alerts.post('torrentResumed', { infoHash: this.#owner.infoHash });
    }
    this.#isHeld &&= mustWait;
    if (mustWait) this.announceQueued();
    if (!mustWait || afterError) this.#owner.started(afterError);
    this.#environment.lifeChanged(this.#owner.infoHash);
  }

  /** Stops because of an error; `resume` tries again. */
  fail(error: PeerloomError): void {
    // What was under way fails one by one when the medium does: the first says it.
    if (this.#state === 'error') return;
    this.#environment.alerts.post('torrentError', { infoHash: this.#owner.infoHash, error });
    this.#error = error;
    this.setState('error');
    this.#owner.stopped('TORRENT_ERROR', error.message, true);
  }

  /** A required plugin is not there: nothing goes on until it is. */
  requiredMissing(plugin: string): void {
    this.#missingRequired.add(plugin);
    this.#reportMissing();
    this.#isPausedByRequired ||= !this.#isPaused;
    this.#pause('SESSION_REQUIRED_MISSING', `required extension missing: ${plugin}`, false);
  }

  requiredBack(plugin: string): void {
    if (!this.#missingRequired.delete(plugin) || this.#missingRequired.size > 0) return;
    if (this.#isPausedByRequired) this.resume({ standard: true });
  }

  #reportMissing(): void {
    const names = [...this.#missingRequired].join(', ');
    const error = new SessionError('SESSION_REQUIRED_MISSING', `required extension missing: ${names}`);
    this.#environment.alerts.post('torrentError', { infoHash: this.#owner.infoHash, error });
  }
}
