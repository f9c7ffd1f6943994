import type { Endpoint } from '@peerloom/core/plugin';
import type { AllowedTorrents } from './allowed-torrents.js';
import type { AnnounceRequest, SwarmCounts } from './announce.js';
import type { RequestRateLimiter } from './request-rate-limiter.js';
import type { HeldPeer } from './swarm/swarm.js';
import type { ReplyRoom, SwarmStore, UnlistedReason } from './swarm/swarm-store.js';
import { type TrackerAnnounce, type TrackerProtocol, trackerAnnounce } from './tracker-announce.js';
import type { TrackerServerLimits } from './tracker-server-options.js';
import type { RefusalReason, TrackerCounters } from './tracker-stats.js';

/** A request that is refused, with one line for whoever sent it. */
export interface Refusal {
  readonly failure: string;
}

/** What an announce is answered with. */
export interface AnnounceReply {
  readonly failure: undefined;
  readonly counts: SwarmCounts;
  readonly peers: readonly HeldPeer[];
  /** Something that the user of the peer should know. */
  readonly warning: string | undefined;
}

const usualPeersPerReply = 50;
const warnings: Readonly<Record<UnlistedReason, string>> = {
  address: 'not listed: too many peers from your address',
  torrent: 'not listed: the torrent has too many peers',
  tracker: 'not listed: the tracker is full',
};
const unregistered: Refusal = { failure: 'the torrent is not registered with this tracker' };
const tooManyTorrents: Refusal = { failure: 'the tracker has too many torrents' };
const tooManyRequests: Refusal = { failure: 'too many requests from your address' };

/** What both protocols ask of the tracker. */
export class TrackerService {
  readonly limits: TrackerServerLimits;
  readonly counters: TrackerCounters;
  readonly #store: SwarmStore;
  readonly #allowed: AllowedTorrents;
  readonly #rate: RequestRateLimiter;
  readonly #onAnnounce: ((announce: TrackerAnnounce) => void) | undefined;

  constructor(parts: {
    readonly limits: TrackerServerLimits;
    readonly counters: TrackerCounters;
    readonly store: SwarmStore;
    readonly allowed: AllowedTorrents;
    readonly rate: RequestRateLimiter;
    readonly onAnnounce: ((announce: TrackerAnnounce) => void) | undefined;
  }) {
    this.limits = parts.limits;
    this.counters = parts.counters;
    this.#store = parts.store;
    this.#allowed = parts.allowed;
    this.#rate = parts.rate;
    this.#onAnnounce = parts.onAnnounce;
  }

  /** Counts what was turned away; returns what to say. */
  refuse(reason: RefusalReason, refusal: Refusal): Refusal {
    this.counters.refused[reason]++;
    return refusal;
  }

  /** To be asked before any request is looked at: a refusal where its sender has made too many. */
  admit({ address }: Endpoint): Refusal | undefined {
    return this.#rate.take(address) ? undefined : this.refuse('rate', tooManyRequests);
  }

  announce(protocol: TrackerProtocol, request: AnnounceRequest, room: ReplyRoom): AnnounceReply | Refusal {
    const reply = this.#announce(request, room);
    if (reply.failure === undefined) this.counters.announces[protocol]++;
    this.#tell(protocol, request, reply);
    return reply;
  }

  #announce(request: AnnounceRequest, room: ReplyRoom): AnnounceReply | Refusal {
    if (!this.#allowed.allows(request.infoHash)) return this.refuse('unregistered', unregistered);
    const { maxPeersPerReply } = this.limits;
    const maxPeers = Math.min(request.wantedPeers ?? usualPeersPerReply, maxPeersPerReply, room.maxPeers);
    const announced = this.#store.announce(request, { ...room, maxPeers });
    if (announced === undefined) return this.refuse('torrents', tooManyTorrents);
    const { counts, peers, unlisted } = announced;
    if (unlisted !== undefined) this.counters.unlisted[unlisted]++;
    return { failure: undefined, counts, peers, warning: unlisted && warnings[unlisted] };
  }

  /** Counts of each torrent, in order; `undefined` for one that is not served. */
  scrape(protocol: TrackerProtocol, infoHashes: readonly string[]): readonly (SwarmCounts | undefined)[] {
    this.counters.scrapes[protocol]++;
    return infoHashes.map((infoHash) =>
      this.#allowed.allows(infoHash) ? this.#store.scrape(infoHash) : undefined,
    );
  }

  #tell(protocol: TrackerProtocol, request: AnnounceRequest, reply: AnnounceReply | Refusal): void {
    if (this.#onAnnounce === undefined) return;
    const outcome =
      reply.failure === undefined
        ? { counts: reply.counts, peersTold: reply.peers.length, failure: undefined }
        : { counts: undefined, peersTold: 0, failure: reply.failure };
    try {
      this.#onAnnounce(trackerAnnounce(protocol, request, outcome));
    } catch (error) {
      // The application's fault, and to be seen by it; the remote still gets its answer.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
