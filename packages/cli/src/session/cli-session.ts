import {
  type Clock,
  defaultAlertMask,
  FileStorage,
  formatEndpoint,
  Session,
  SystemClock,
} from '@peerloom/core';
import type { Extension } from '../extensions/load-extensions.js';
import { alertJson } from '../output/alert-json.js';
import { escapeText } from '../output/escape-text.js';
import type { Output } from '../output/output.js';
import { writeJson } from '../output/summary.js';

/** Peers are named by hand and few: one that is not there yet is soon tried again. */
const peerRetryDelayMs = 5_000;

/** How to make a {@link CliSession}. */
export interface CliSessionOptions {
  readonly output: Output;
  /** Folder that holds the torrents' data. */
  readonly root: string;
  readonly extensions?: readonly Extension[];
  /** Whether alerts are written as JSON. */
  readonly isJson: boolean;
  /** Which alerts; by default the usual ones. */
  readonly alertMask?: number | undefined;
}

/** A session with files in one folder, whose alerts are written as JSON or kept for the display. */
export class CliSession {
  readonly session: Session;
  readonly clock: Clock = new SystemClock();
  readonly #storage: FileStorage;
  readonly #alertsWritten: Promise<void>;
  readonly #failure = new AbortController();
  #trouble: string | undefined;

  constructor({ output, root, extensions = [], isJson, alertMask = defaultAlertMask }: CliSessionOptions) {
    const warn = (message: string): void => {
      if (isJson) writeJson(output, { type: 'performanceWarning', message });
      else output.problem(`peerloom: warning: ${escapeText(message)}`);
    };
    this.#storage = new FileStorage({ root, onWarning: warn });
    this.session = new Session({
      storage: this.#storage,
      clock: this.clock,
      settings: { peerRetryDelayMs },
      extensions,
    });
    this.#alertsWritten = isJson ? this.#writeAlerts(output, alertMask) : Promise.resolve();
    if (!isJson) this.session.on('performanceWarning', ({ message }) => warn(message));
    this.session.on('torrentError', ({ error }) => this.#failure.abort(error));
    this.session.on('peerDisconnected', ({ endpoint, reason }) => {
      if (reason.origin === 'policy') return;
      this.#trouble = escapeText(`${formatEndpoint(endpoint)}: ${reason.message}`);
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
    await this.session.stop();
    await this.#storage.close();
    await this.#alertsWritten;
  }

  async #writeAlerts(output: Output, mask: number): Promise<void> {
    for await (const alert of this.session.alerts({ mask })) writeJson(output, alertJson(alert));
  }
}
