import type { AlertHub } from '../alerts/alert-hub.js';
import { type PeerloomError, SessionError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { TorrentState } from '../common/torrent-state.js';
import type { HookHost } from '../dispatch/hook-host.js';
import type { PauseOptions } from '../plugin/torrent-context.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';

/** What the life cycle asks of its torrent. */
export interface LifecycleOwner {
  readonly infoHash: InfoHash;
  /** Connections are no longer wanted; plugins may keep theirs only where they `mayStay`. */
  stopped(code: string, message: string, mayStay: boolean): void;
  /** Connections are wanted again; after an error the data is looked at anew. */
  started(afterError: boolean): void;
}

/** State of a torrent, pausing and resuming, and what keeps it from going on. */
export class TorrentLifecycle {
  readonly #owner: LifecycleOwner;
  readonly #alerts: AlertHub;
  readonly #hooks: HookHost<TorrentPlugin>;
  readonly #missingRequired = new Set<string>();
  #state: TorrentState = 'downloadingMetadata';
  #isPaused: boolean;
  #isPausedByRequired = false;
  #error: PeerloomError | undefined;

  constructor(owner: LifecycleOwner, alerts: AlertHub, hooks: HookHost<TorrentPlugin>, isPaused: boolean) {
    this.#owner = owner;
    this.#alerts = alerts;
    this.#hooks = hooks;
    this.#isPaused = isPaused;
  }

  get state(): TorrentState {
    return this.#state;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What stopped it, in state `error`. */
  get error(): PeerloomError | undefined {
    return this.#error;
  }

  get isRunning(): boolean {
    return !this.#isPaused && this.#state !== 'error' && this.#missingRequired.size === 0;
  }

  setState(state: TorrentState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    if (state !== 'error') this.#error = undefined;
    this.#alerts.post('stateChanged', { infoHash: this.#owner.infoHash, previous, state });
    this.#hooks.notify('onState', state);
  }

  pause({ standard }: PauseOptions = {}): void {
    if (standard !== true && this.#hooks.handled('onPause')) return;
    this.#pause('TORRENT_PAUSED', 'the torrent was paused', true);
  }

  #pause(code: string, message: string, mayStay: boolean): void {
    if (!this.#isPaused) {
      this.#isPaused = true;
      this.#alerts.post('torrentPaused', { infoHash: this.#owner.infoHash });
    }
    this.#owner.stopped(code, message, mayStay);
  }

  resume({ standard }: PauseOptions = {}): void {
    if (standard !== true && this.#hooks.handled('onResume')) return;
    if (this.#missingRequired.size > 0) {
      this.#reportMissing();
      return;
    }
    const afterError = this.#state === 'error';
    if (!this.#isPaused && !afterError) return;
    this.#isPausedByRequired = false;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#alerts.post('torrentResumed', { infoHash: this.#owner.infoHash });
    }
    this.#owner.started(afterError);
  }

  /** Stops because of an error; `resume` tries again. */
  fail(error: PeerloomError): void {
    this.#alerts.post('torrentError', { infoHash: this.#owner.infoHash, error });
    if (this.#state === 'error') return;
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
    this.#alerts.post('torrentError', { infoHash: this.#owner.infoHash, error });
  }
}
