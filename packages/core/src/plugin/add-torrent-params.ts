import type { Endpoint } from '../common/endpoint.js';
import type { Magnet } from '../metainfo/magnet.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { Storage } from '../ports/storage.js';
import type { RateLimits } from './rate-limits.js';
import type { TorrentPluginFactory } from './torrent-plugin.js';

/** What to add to a session: a parsed torrent file or magnet link, where its data goes, and how. */
export interface AddTorrentParams {
  /** A parsed .torrent file ({@link parseMetainfo}) or magnet link ({@link parseMagnet}). */
  readonly torrent: Metainfo | Magnet;
  /** Where the data lives. Default: the session's own storage. */
  readonly storage?: Storage;
  /** Peers to connect to at once, with source `manual`. */
  readonly peers?: readonly Endpoint[];
  /** Added paused: no connections until resumed. The files are checked all the same. */
  readonly isPaused?: boolean;
  /**
   * Whether the session's queue starts and stops it, so that few are active at once. Else it is active
   * whenever it is not paused. Default true.
   */
  readonly isAutoManaged?: boolean;
  /**
   * The data is known to be complete: nothing is checked. A piece that cannot be read stops the torrent.
   */
  readonly assumeComplete?: boolean;
  /** Pieces are asked for in order rather than rarest first. */
  readonly isSequential?: boolean;
  /** Limits of its own; none by default. */
  readonly rateLimits?: Partial<RateLimits>;
  /** Extensions of this torrent only, added before its `torrentAdded` alert. */
  readonly extensions?: readonly TorrentPluginFactory[];
  /** Handed to every `newTorrent` and factory. */
  readonly userData?: unknown;
}
