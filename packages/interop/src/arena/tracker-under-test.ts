import { formatEndpoint, NodeNetwork, SystemClock, SystemSecureRandom } from '@peerloom/core';
import {
  type TrackerAnnounce,
  type TrackerProtocol,
  TrackerServer,
  type TrackerServerLimits,
} from '@peerloom/tracker/server';
import { withDeadline } from '../engines/deadline.js';
import { type AddressFamily, loopback } from '../engines/engine.js';

/** What the tracker may be told. */
export type TrackerUnderTestOptions = Partial<TrackerServerLimits>;

interface Waiter {
  readonly matches: (announce: TrackerAnnounce) => boolean;
  readonly resolve: (announce: TrackerAnnounce) => void;
}

/** Peerloom's tracker server on loopback, with all that was announced to it. */
export class TrackerUnderTest {
  readonly server: TrackerServer;
  readonly announces: TrackerAnnounce[] = [];
  readonly #waiters = new Set<Waiter>();

  constructor(options: TrackerUnderTestOptions = {}) {
    const clock = new SystemClock();
    this.server = new TrackerServer({
      clock,
      network: new NodeNetwork(clock),
      secureRandom: new SystemSecureRandom(),
      onAnnounce: (announce) => this.#take(announce),
      ...options,
    });
  }

  #take(announce: TrackerAnnounce): void {
    this.announces.push(announce);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(announce)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(announce);
    }
  }

  /** Listens; what to put into a torrent. */
  async url(protocol: TrackerProtocol, family: AddressFamily = 4): Promise<string> {
    const local = { address: loopback[family], port: 0, family };
    const { announceUrl } = await (protocol === 'http'
      ? this.server.listenHttp(local)
      : this.server.listenUdp(local));
    return announceUrl;
  }

  /** The first announce, of those so far and those to come, that matches. */
  announced(matches: (announce: TrackerAnnounce) => boolean, what: string): Promise<TrackerAnnounce> {
    const found = this.announces.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    const promise = new Promise<TrackerAnnounce>((resolve) => this.#waiters.add({ matches, resolve }));
    return withDeadline(promise, what, () => this.describe());
  }

  describe(): string {
    const lines = this.announces.map(
      ({ protocol, peer, event, leftBytes, peersTold, failure }) =>
        `${protocol} ${formatEndpoint(peer)} ${event} left=${leftBytes} told=${peersTold} ${failure ?? ''}`,
    );
    return ['the tracker:', ...lines, JSON.stringify(this.server.stats())].join('\n  ');
  }

  stop(): Promise<void> {
    return this.server.close();
  }
}
