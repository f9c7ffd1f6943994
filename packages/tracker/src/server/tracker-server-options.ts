import type { Clock, InfoHash, Network, SecureRandom } from '@peerloom/core/plugin';
import type { TrackerAnnounce } from './tracker-announce.js';
import { TrackerServerError } from './tracker-server-error.js';

/** Figures that a tracker server can be given. Each is a whole number within the range that its name has here. */
export interface TrackerServerLimits {
  /**
   * Time after which a peer should announce again; told in whole seconds. Who is silent for two of them is forgotten.
   * 1 000 to 86 400 000, default 1 800 000.
   */
  readonly intervalMs: number;
  /** Time that a peer should leave between two announces, whatever happens; told over HTTP. 0 to `intervalMs`, default 60 000. */
  readonly minIntervalMs: number;
  /** Peers told in one reply, also where more are asked for; 50 where no number is. 0 to 1 000, default 200. */
  readonly maxPeersPerReply: number;
  /** Torrents that are kept. 1 to 10 000 000, default 20 000. */
  readonly maxTorrents: number;
  /** Peers that are kept, of all torrents. 1 to 10 000 000, default 200 000. */
  readonly maxPeers: number;
  /** Peers that are kept of one torrent. 1 to 10 000 000, default 50 000. */
  readonly maxPeersPerTorrent: number;
  /**
   * Peers that are kept of one IPv4 address or IPv6 /64, of all torrents, and so also torrents that it can take part in.
   * 1 to 10 000 000, default 1 000.
   */
  readonly maxPeersPerAddress: number;
  /** Announces and scrapes of one IPv4 address or IPv6 /64 a minute. 1 to 10 000 000, default 600. */
  readonly maxRequestsPerAddressPerMinute: number;
  /** Torrents of one scrape. 1 to 1 000, default 74, which is what fits into a packet (BEP 15). */
  readonly maxTorrentsPerScrape: number;
  /** HTTP connections at one time. 1 to 100 000, default 1 000. */
  readonly maxConnections: number;
  /** HTTP connections of one IPv4 address or IPv6 /64 at one time. 1 to 100 000, default 50. */
  readonly maxConnectionsPerAddress: number;
}

/** What a tracker server is made of. */
export interface TrackerServerOptions extends Partial<TrackerServerLimits> {
  /** Where it listens: `NodeNetwork` of `@peerloom/core`, or a host of a network in memory. */
  readonly network: Network;
  /** `SystemClock` of `@peerloom/core`, or a virtual one. */
  readonly clock: Clock;
  /** For the key of UDP connection ids, and for which peers are told. `SystemSecureRandom` of `@peerloom/core`. */
  readonly secureRandom: SecureRandom;
  /** Torrents that are served. Default: any. */
  readonly whitelist?: Iterable<InfoHash>;
  /** Told of each announce with valid fields, once it has been answered. What it throws is the application's to catch. */
  readonly onAnnounce?: (announce: TrackerAnnounce) => void;
}

const million = 1_000_000;
const ranges: { readonly [Name in keyof TrackerServerLimits]: readonly [number, number, number] } = {
  intervalMs: [1_000, 1_800_000, 86_400_000],
  minIntervalMs: [0, 60_000, 86_400_000],
  maxPeersPerReply: [0, 200, 1_000],
  maxTorrents: [1, 20_000, 10 * million],
  maxPeers: [1, 200_000, 10 * million],
  maxPeersPerTorrent: [1, 50_000, 10 * million],
  maxPeersPerAddress: [1, 1_000, 10 * million],
  maxRequestsPerAddressPerMinute: [1, 600, 10 * million],
  maxTorrentsPerScrape: [1, 74, 1_000],
  maxConnections: [1, 1_000, 100_000],
  maxConnectionsPerAddress: [1, 50, 100_000],
};

/** The figures of a tracker with these options. Throws `TRACKER_SERVER_OPTION` for one that is out of range. */
export function limitsOf(options: Partial<TrackerServerLimits>): TrackerServerLimits {
  const limit = (name: keyof TrackerServerLimits): number => {
    const [least, usual, most] = ranges[name];
    const value = options[name] ?? usual;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new TrackerServerError('TRACKER_SERVER_OPTION', `${name} is ${least} to ${most}, not ${value}`);
  };
  const intervalMs = limit('intervalMs');
  return {
    intervalMs,
    minIntervalMs: Math.min(limit('minIntervalMs'), intervalMs),
    maxPeersPerReply: limit('maxPeersPerReply'),
    maxTorrents: limit('maxTorrents'),
    maxPeers: limit('maxPeers'),
    maxPeersPerTorrent: limit('maxPeersPerTorrent'),
    maxPeersPerAddress: limit('maxPeersPerAddress'),
    maxRequestsPerAddressPerMinute: limit('maxRequestsPerAddressPerMinute'),
    maxTorrentsPerScrape: limit('maxTorrentsPerScrape'),
    maxConnections: limit('maxConnections'),
    maxConnectionsPerAddress: limit('maxConnectionsPerAddress'),
  };
}
