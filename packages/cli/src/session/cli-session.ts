import {
  type Clock,
  defaultAlertMask,
  FileStorage,
  formatEndpoint,
  Session,
  SystemClock,
} from '@peerloom/core';
import { EventLines } from '../events/event-lines.js';
import type { Extension } from '../extensions/load-extensions.js';
import { OptionWatch } from '../extensions/option-watch.js';
import { alertJson } from '../output/alert-json.js';
import { escapeText } from '../output/escape-text.js';
import type { Output } from '../output/output.js';
import { writeJson } from '../output/summary.js';
import { makeWarn, type Warn } from '../output/warning.js';
import { RateLimiter, type RateLimits } from './rate-limiter.js';
import { warnOfResume } from './resume-warnings.js';
import { SavedState } from './saved-state.js';
import { warnOfTrackers } from './tracker-warnings.js';

/** Peers are named by hand and few: one that is not there yet is soon tried again, for half a minute or so. */
const peerSettings = { peerRetryDelayMs: 2_000, maxPeerFailures: 5 };

/** How to make a {@link CliSession}. */
export interface CliSessionOptions {
  readonly output: Output;
  /** Folder that holds the torrents' data. */
  readonly root: string;
  /** The data is only looked at: all of it, and nothing is kept. Default false. */
  readonly isReadOnly?: boolean;
  readonly extensions?: readonly Extension[];
  /** Whether alerts are written as JSON. */
  readonly isJson: boolean;
  /** Which alerts; by default the usual ones. */
  readonly alertMask?: number | undefined;
  /** Folder of the state that outlives the session; without it none is kept. */
  readonly stateFolder?: string;
  readonly limits?: RateLimits;
}

/** A session with files in one folder, whose alerts are written as JSON or kept for the display. */
export class CliSession {
  readonly session: Session;
  readonly clock: Clock = new SystemClock();
  readonly warn: Warn;
  readonly #storage: FileStorage;
  readonly #alertsWritten: Promise<void>;
  readonly #failure = new AbortController();
  readonly #optionWatch: OptionWatch;
  readonly #limiter: RateLimiter;
  readonly #saved: SavedState | undefined;
  readonly #eventLines: EventLines | undefined;
  #trouble: string | undefined;

  /** Makes one, with what was saved of the last one. */
  static async open(options: CliSessionOptions): Promise<CliSession> {
    const { output, isJson, stateFolder } = options;
    const limiter = await RateLimiter.read(options.limits ?? {});
    const saved =
      stateFolder === undefined ? undefined : await SavedState.load(stateFolder, makeWarn(output, isJson));
    return new CliSession(options, limiter, saved);
  }

  private constructor(
    {
      output,
      root,
      isReadOnly = false,
      extensions = [],
      isJson,
      alertMask = defaultAlertMask,
    }: CliSessionOptions,
    limiter: RateLimiter,
    saved: SavedState | undefined,
  ) {
    this.warn = makeWarn(output, isJson);
    this.#saved = saved;
    const warnOfSlowness = (message: string): void => {
      if (isJson) writeJson(output, { type: 'performanceWarning', message });
      else output.problem(`peerloom: warning: ${escapeText(message)}`);
    };
    this.#storage = new FileStorage({ root, keepsState: !isReadOnly, onWarning: warnOfSlowness });
    this.session = new Session({
      storage: this.#storage,
      clock: this.clock,
      settings: {
        ...peerSettings,
        ...limiter.settings,
      },
      extensions,
      ...(saved?.state === undefined ? {} : { state: saved.state }),
    });
    this.#optionWatch = new OptionWatch(extensions, this.clock, this.warn);
    this.#limiter = limiter;
    limiter.follow(this.session, this.clock, {
      say: (text) => {
        if (!isJson) output.line(text);
      },
      warn: this.warn,
    });
    saved?.follow(this.session);
    this.#alertsWritten = isJson ? this.#writeAlerts(output, alertMask) : Promise.resolve();
    if (!isJson) {
      this.session.on('performanceWarning', ({ message }) => warnOfSlowness(message));
      warnOfResume(this.session, this.warn);
      warnOfTrackers(this.session, this.warn);
      this.#eventLines = new EventLines({ output, session: this.session, now: () => this.clock.now() });
    }
    this.session.on('torrentError', ({ error }) => this.#failure.abort(error));
    this.session.on('peerDisconnected', ({ endpoint, reason }) => {
      if (reason.origin === 'policy') return;
      const remote = formatEndpoint(endpoint);
      const isNamed = reason.message.includes(remote);
      this.#trouble = escapeText(isNamed ? reason.message : `${remote}: ${reason.message}`);
    });
  }

  /** Aborts, with the error, when a torrent stops because of one. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** What went wrong last with a peer, as one line. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Stops the session, closes its files, and resolves when all alerts were written. */
  async close(): Promise<void> {
    this.#optionWatch.close();
    this.#limiter.close();
    await this.#saved?.close();
    await this.session.stop();
    this.#eventLines?.close();
    await this.#storage.close();
    await this.#alertsWritten;
  }

  async #writeAlerts(output: Output, mask: number): Promise<void> {
    for await (const alert of this.session.alerts({ mask })) writeJson(output, alertJson(alert));
  }
}
