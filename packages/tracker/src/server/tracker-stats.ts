import type { UnlistedReason } from './swarm/swarm-store.js';
import type { TrackerProtocol } from './tracker-announce.js';

/**
 * Why a request or connection was turned away: no sense in it, a torrent that is not on the whitelist, a limit, a UDP
 * connection id that is not ours or has expired, or an HTTP connection that took too long.
 */
export type RefusalReason =
  | 'malformed'
  | 'unregistered'
  | 'rate'
  | 'torrents'
  | 'connectionId'
  | 'connections'
  | 'timeout';

/** What a tracker server holds and has done since it was made. */
export interface TrackerServerStats {
  /** Torrents that have peers, or are on the whitelist and had some. */
  readonly torrents: number;
  /** Peers of all torrents: one that takes part in two counts twice. */
  readonly peers: number;
  /** Of the peers. */
  readonly seeds: number;
  /** HTTP connections that are open. */
  readonly connections: number;
  /** Announces that were answered with peers. */
  readonly announces: Readonly<Record<TrackerProtocol, number>>;
  /** Scrapes that were answered with counts. */
  readonly scrapes: Readonly<Record<TrackerProtocol, number>>;
  /** Requests and connections that were turned away. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Announces that were answered though there was no room to keep the peer, by the limit that was met. */
  readonly unlisted: Readonly<Record<UnlistedReason, number>>;
  /** Peers that were forgotten because they were silent for two intervals. */
  readonly expiredPeers: number;
  /** Peers that had missed an announce, and were forgotten early because the tracker was full. */
  readonly evictedPeers: number;
}

/** The figures that only grow. */
export interface TrackerCounters {
  readonly announces: Record<TrackerProtocol, number>;
  readonly scrapes: Record<TrackerProtocol, number>;
  readonly refused: Record<RefusalReason, number>;
  readonly unlisted: Record<UnlistedReason, number>;
}

/** Counters at 0. */
export function newCounters(): TrackerCounters {
  return {
    announces: { http: 0, udp: 0 },
    scrapes: { http: 0, udp: 0 },
    refused: {
      malformed: 0,
      unregistered: 0,
      rate: 0,
      torrents: 0,
      connectionId: 0,
      connections: 0,
      timeout: 0,
    },
    unlisted: { address: 0, torrent: 0, tracker: 0 },
  };
}
