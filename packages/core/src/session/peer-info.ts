import type { Endpoint } from '../common/endpoint.js';
import type { PeerSource } from '../common/peer-source.js';
import type { PeerConnection } from '../peer/peer-connection.js';

/** A connection as it is at one moment. Rates are bytes a second. */
export interface PeerInfo {
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
  /** Bytes of blocks that came. */
  readonly downloadedBytes: number;
  /** Bytes of blocks that were sent. */
  readonly uploadedBytes: number;
  /** Of blocks, in bytes a second. */
  readonly downloadRate: number;
  /** Of blocks, in bytes a second. */
  readonly uploadRate: number;
  /** Who the remote has proved to be, as an authentication says. */
  readonly principal: string | undefined;
}

/** A snapshot of a connection. */
export function peerInfo({ state, stream }: PeerConnection): PeerInfo {
  return {
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
    downloadedBytes: state.downloaded.total,
    uploadedBytes: state.uploaded.total,
    downloadRate: state.downloaded.rate,
    uploadRate: state.uploaded.rate,
    principal: state.principal,
  };
}
