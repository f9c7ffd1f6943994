import {
  type Alert,
  alertMask,
  type Counter,
  pluginApiVersion,
  type SessionContext,
  type SessionPlugin,
  type TorrentContext,
  type TorrentPlugin,
} from '@peerloom/core/plugin';
import { sleep } from './deadline.js';
import { HttpTrackers } from './http/http-tracker.js';
import { TlsClient } from './http/tls-client.js';
import { type AnnouncerOwner, type CounterName, TorrentAnnouncer } from './torrent-announcer.js';
import type { TrackerNetwork } from './tracker.js';
import { UdpTrackers } from './udp/udp-tracker.js';

/** What the extension takes at most to leave; less where the session gives it less. */
const leaveTimeoutMs = 3_500;
const leaveShare = 0.8;

/**
 * Announces torrents to their trackers, and adds the peers that these name.
 *
 * Posts alerts of type `plugin` about a torrent, each with the tracker's `url`: `announce`, `reply`, `warning`,
 * `failure`, `scrape` and `scrapeFailure`. Counts `announces`, `replies`, `failures`, `peers` that were new, peers that
 * were `refused`, `scrapes`, and `strays`: datagrams that nobody asked for.
 */
export class TrackerClient implements SessionPlugin {
  readonly name = 'tracker';
  readonly apiVersion = pluginApiVersion;
  readonly alertMask = alertMask('session');
  readonly #announcers = new Set<TorrentAnnouncer>();
  readonly #leaving = new Set<Promise<void>>();
  #session: SessionContext | undefined;
  #owner: AnnouncerOwner | undefined;

  added(session: SessionContext): void {
    this.#session = session;
    const { clock, network, settings } = session;
    const counters = new Map<CounterName, Counter>();
    const count: AnnouncerOwner['count'] = (name, amount) => {
      if (session.isClosed) return;
      const counter = counters.get(name) ?? session.counter(name);
      counters.set(name, counter);
      counter.add(amount);
    };
    const userAgent = settings.clientName.replace(/[^\x20-\x7e]/g, '?');
    const trackerNetwork: TrackerNetwork = {
      session,
      http: new HttpTrackers({ network, clock, tls: new TlsClient(), userAgent }),
      udp: new UdpTrackers(session, () => count('strays')),
    };
    this.#owner = {
      network: trackerNetwork,
      count,
      post: (event, { infoHash }, data) => {
        if (!session.isClosed) session.postAlert(event, data, { infoHash });
      },
      leaving: (promise) => {
        this.#leaving.add(promise);
        void promise.finally(() => this.#leaving.delete(promise));
      },
    };
  }

  newTorrent(torrent: TorrentContext): TorrentPlugin | undefined {
    if (this.#owner === undefined) return undefined;
    const announcer = new TorrentAnnouncer(torrent, this.#owner);
    this.#announcers.add(announcer);
    return announcer;
  }

  onTick(): void {
    for (const announcer of this.#announcers) {
      announcer.follow();
      if (announcer.isOver) this.#announcers.delete(announcer);
    }
  }

  onAlert({ type }: Alert): void {
    if (type !== 'listenSucceeded') return;
    for (const announcer of this.#announcers) announcer.listening();
  }

  /** Resolves when trackers know that we have stopped, or three and a half seconds have passed. */
  removed(): Promise<void> | undefined {
    for (const announcer of this.#announcers) announcer.stop();
    this.#announcers.clear();
    const session = this.#session;
    if (session === undefined || this.#leaving.size === 0) return undefined;
    return this.#haveLeft(session);
  }

  async #haveLeft({ clock, settings }: SessionContext): Promise<void> {
    const patience = new AbortController();
    const timeoutMs = Math.min(leaveTimeoutMs, settings.pluginRemoveDeadlineMs * leaveShare);
    await Promise.race([Promise.all(this.#leaving), sleep(clock, timeoutMs, patience.signal)]);
    patience.abort();
  }
}
