import type { PeerStats } from '../plugin/peer-context.js';
import type { PeerConnection } from './peer-connection.js';

/** Counters of a connection as they are now. */
export function peerStats({ state, requests, uploads }: PeerConnection): PeerStats {
  const { meters } = state;
  return {
    downloadedBytes: state.downloaded.total,
    uploadedBytes: state.uploaded.total,
    receivedBytes: meters.received.total,
    sentBytes: meters.sent.total,
    downloadRate: state.downloaded.rate,
    uploadRate: state.uploaded.rate,
    receiveRate: meters.received.rate,
    sendRate: meters.sent.rate,
    outstandingRequests: requests.outstandingCount,
    queuedRequests: uploads.size,
    hashFailures: state.hashFailures,
    invalidRequests: state.invalidRequests,
    unknownMessages: state.unknownMessages,
    isSnubbed: state.isSnubbed,
  };
}
