import type { Alert, InfoHash, Session } from '@peerloom/core';
import { escapeText } from '../output/escape-text.js';
import { formatCount } from '../output/format.js';
import type { Output } from '../output/output.js';
import { alertText } from './alert-text.js';
import { EventThrottle } from './event-throttle.js';

/** Options of {@link EventLines}. */
export interface EventLinesOptions {
  readonly session: Session;
  readonly output: Pick<Output, 'line' | 'problem'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Tells bans, wrong pieces and what extensions report as it happens, a line each, not more than can be read. */
export class EventLines {
  readonly #session: Session;
  readonly #output: Pick<Output, 'line' | 'problem'>;
  readonly #throttle: EventThrottle;
  readonly #stops: readonly (() => void)[];

  constructor({ session, output, now }: EventLinesOptions) {
    this.#session = session;
    this.#output = output;
    this.#throttle = new EventThrottle(now);
    const tell = (alert: Alert): void => this.#tell(alert);
    this.#stops = [
      session.on('peerBanned', tell),
      session.on('peerUnbanned', tell),
      session.on('hashFailed', tell),
      session.on('plugin', tell),
      session.on('pluginFault', tell),
      session.on('pluginWarning', tell),
      session.on('sessionError', tell),
    ];
  }

  /** Tells nothing more but how many events were left out. */
  close(): void {
    for (const stop of this.#stops) stop();
    const { skippedCount } = this.#throttle;
    if (skippedCount > 0) this.#output.line(`${formatCount(skippedCount, 'event')} more; --json has all`);
  }

  #tell(alert: Alert): void {
    const told = alertText(alert);
    if (told === undefined) return;
    const skipped = this.#throttle.take(told.kind);
    if (skipped === undefined) return;
    const more = skipped > 0 ? ` (${skipped} more like this before)` : '';
    const text = `${this.#nameOf(told.infoHash)}${escapeText(told.text)}${more}`;
    if (told.isProblem) this.#output.problem(`peerloom: warning: ${text}`);
    else this.#output.line(text);
  }

  /** Which torrent is meant, where there are several. */
  #nameOf(infoHash: InfoHash | undefined): string {
    const torrents = this.#session.torrents();
    if (infoHash === undefined || torrents.length < 2) return '';
    const torrent = torrents.find((candidate) => candidate.infoHash.hex === infoHash.hex);
    return torrent === undefined ? '' : `${escapeText(torrent.name)}: `;
  }
}
