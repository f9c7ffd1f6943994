import type { PeerFlags, PeerSource } from '../common/peer-source.js';
import type { KnownPeer } from '../plugin/torrent-context.js';

/** One endpoint that may be a peer. To be changed by `KnownPeers` only. */
export interface PeerRecord extends KnownPeer {
  source: PeerSource;
  flags: PeerFlags;
  isConnected: boolean;
  failureCount: number;
  /** Not dialled before this. */
  nextAttemptMs: number;
  /** When it was last connected, or failed to be. */
  lastClosedMs: number;
  /** Not dialled at all: it is ourselves. */
  isDialable: boolean;
  /** Which came first. */
  readonly sequence: number;
}
