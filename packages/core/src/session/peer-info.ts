import type { Endpoint } from '../common/endpoint.js';
import type { PeerSource } from '../common/peer-source.js';
import type { PeerConnection } from '../peer/peer-connection.js';
import { peerStats } from '../peer/peer-stats.js';
import type { PeerStats } from '../plugin/peer-context.js';

/** A connection as it is at one moment, with its counters. */
export interface PeerInfo extends PeerStats {
  /** Number of the connection, unique in the session and never used again. */
  readonly connectionId: number;
  /** Address and port of the stream's other end. */
  readonly endpoint: Endpoint;
  /** What the remote calls itself (BEP 10 `v`). */
  readonly client: string | undefined;
  /** How the peer became known. */
  readonly source: PeerSource;
  /** Whether we dialled. */
  readonly isOutgoing: boolean;
  /** What carries it: `tcp`, or the name of an extension's transport. */
  readonly transport: string;
  /** Whether handshakes are done and no hold is open. */
  readonly isReady: boolean;
  /** Whether both directions go through a transform. */
  readonly isEncrypted: boolean;
  /** Whether the remote has every piece. */
  readonly isSeed: boolean;
  /** Whether we choke the remote. */
  readonly isChoked: boolean;
  /** Whether the remote is interested in us. */
  readonly isInterested: boolean;
  /** Whether the remote chokes us. */
  readonly isChokingUs: boolean;
  /** Whether the remote has what we want. */
  readonly weAreInterested: boolean;
  /** Pieces that the remote has; 0 where it has not said. */
  readonly pieceCount: number;
  /** Who the remote has proved to be, as an authentication says. */
  readonly principal: string | undefined;
}

/** A snapshot of a connection. */
export function peerInfo(peer: PeerConnection): PeerInfo {
  const { state, stream } = peer;
  return {
    ...peerStats(peer),
    connectionId: state.connectionId,
    endpoint: state.endpoint,
    client: state.client,
    source: state.source,
    isOutgoing: state.isOutgoing,
    transport: state.transport,
    isReady: state.isReady,
    isEncrypted: stream.isEncrypted,
    isSeed: state.isSeed,
    isChoked: state.isChoked,
    isInterested: state.isInterested,
    isChokingUs: state.isChokingUs,
    weAreInterested: state.weAreInterested,
    pieceCount: state.pieces?.count ?? 0,
    principal: state.principal,
  };
}
