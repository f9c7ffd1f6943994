import { type Clock, type Endpoint, formatEndpoint, parseEndpoint } from '@peerloom/core/plugin';
import { AllowedTorrents } from './allowed-torrents.js';
import { HttpTracker } from './http/http-tracker.js';
import { RequestRateLimiter } from './request-rate-limiter.js';
import { Chance } from './swarm/chance.js';
import { SwarmStore } from './swarm/swarm-store.js';
import { rawInfoHashes, TorrentWhitelist } from './torrent-whitelist.js';
import { TrackerServerError } from './tracker-server-error.js';
import { limitsOf, type TrackerServerOptions } from './tracker-server-options.js';
import { TrackerService } from './tracker-service.js';
import { newCounters, type TrackerCounters, type TrackerServerStats } from './tracker-stats.js';
import { UdpTracker } from './udp/udp-tracker.js';

/** Where a tracker server can be found. */
export interface TrackerListening {
  /** What was bound, with its port. */
  readonly local: Endpoint;
  /** What goes into torrents: with the address that was bound, also where that stands for all of the host. */
  readonly announceUrl: string;
}

/** How long `close` waits where nothing else is said. */
const closeDeadlineMs = 2_000;

/**
 * A tracker (BEP 3, 7, 15, 23, 48) inside of an application, for its own swarm or for tests. All it knows is in memory
 * and bounded; what a remote sends is answered or refused, and counted.
 */
export class TrackerServer {
  /** The torrents that are served, which may be changed at any time. */
  readonly whitelist: TorrentWhitelist;
  readonly #clock: Clock;
  readonly #counters: TrackerCounters = newCounters();
  readonly #store: SwarmStore;
  readonly #http: HttpTracker;
  readonly #udp: UdpTracker;
  #closing: Promise<void> | undefined;

  /** Listens nowhere yet. Throws `TRACKER_SERVER_OPTION`. */
  constructor(options: TrackerServerOptions) {
    const { network, clock, secureRandom, onAnnounce } = options;
    const limits = limitsOf(options);
    this.#clock = clock;
    const allowed = new AllowedTorrents(options.whitelist && rawInfoHashes(options.whitelist));
    const store = new SwarmStore(limits, clock, new Chance(secureRandom), (infoHash) =>
      allowed.lists(infoHash),
    );
    this.#store = store;
    this.whitelist = new TorrentWhitelist(allowed, store);
    const service = new TrackerService({
      limits,
      counters: this.#counters,
      store,
      allowed,
      rate: new RequestRateLimiter(limits.maxRequestsPerAddressPerMinute, clock),
      onAnnounce,
    });
    this.#http = new HttpTracker(network, clock, service);
    this.#udp = new UdpTracker(network, clock, secureRandom, service);
  }

  /**
   * Answers over HTTP at `ADDRESS:PORT` or `[IPv6]:PORT`, port 0 for any; may be called several times. Rejects with
   * `NETWORK_…`, `ENDPOINT_…` or `TRACKER_SERVER_CLOSED`.
   */
  async listenHttp(local: Endpoint | string): Promise<TrackerListening> {
    return this.#listening('http', await this.#http.listen(this.#endpointOf(local)));
  }

  /** As {@link TrackerServer.listenHttp}, over UDP. */
  async listenUdp(local: Endpoint | string): Promise<TrackerListening> {
    return this.#listening('udp', await this.#udp.listen(this.#endpointOf(local)));
  }

  /** What it holds and has done. */
  stats(): TrackerServerStats {
    const { announces, scrapes, refused, unlisted } = this.#counters;
    return {
      ...this.#store.stats(),
      connections: this.#http.connectionCount,
      announces: { ...announces },
      scrapes: { ...scrapes },
      refused: { ...refused },
      unlisted: { ...unlisted },
    };
  }

  /**
   * Takes no more requests, sends the answers that are under way, and forgets all peers. What has not been sent after
   * `deadlineMs` (2 000 by default) is not. Resolves once all sockets are closed; calling it again changes nothing.
   */
  close({ deadlineMs = closeDeadlineMs }: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#udp.close();
    this.#store.close();
    const timer = this.#clock.setTimeout(() => this.#http.destroy(), deadlineMs);
    await this.#http.close();
    this.#clock.clear(timer);
  }

  #endpointOf(local: Endpoint | string): Endpoint {
    this.#checkOpen();
    return typeof local === 'string' ? parseEndpoint(local) : local;
  }

  #listening(protocol: 'http' | 'udp', local: Endpoint): TrackerListening {
    this.#checkOpen();
    return { local, announceUrl: `${protocol}://${formatEndpoint(local)}/announce` };
  }

  #checkOpen(): void {
    if (this.#closing !== undefined)
      throw new TrackerServerError('TRACKER_SERVER_CLOSED', 'the tracker is closed');
  }
}
