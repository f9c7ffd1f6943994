import type { Endpoint } from '../common/endpoint.js';
import type { PeerSource } from '../common/peer-source.js';
import type { PeerConnection } from '../peer/peer-connection.js';

/** A connection as it is at one moment. Rates are bytes a second. */
export interface PeerInfo {
  readonly connectionId: number;
  readonly endpoint: Endpoint;
  readonly client: string | undefined;
  readonly source: PeerSource;
  readonly isOutgoing: boolean;
  readonly transport: string;
  readonly isReady: boolean;
  readonly isEncrypted: boolean;
  readonly isSeed: boolean;
  readonly isChoked: boolean;
  readonly isInterested: boolean;
  readonly isChokingUs: boolean;
  readonly weAreInterested: boolean;
  readonly pieceCount: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly downloadRate: number;
  readonly uploadRate: number;
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
