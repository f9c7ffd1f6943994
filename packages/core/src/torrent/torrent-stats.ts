import type { TorrentStats } from '../plugin/torrent-context.js';
import type { Torrent } from './torrent.js';

/** Counters of a torrent as they are now. */
export function torrentStats(torrent: Torrent): TorrentStats {
  const { meters, picker } = torrent;
  const connections = torrent.peers.all();
  return {
    downloadedBytes: meters.downloaded.total,
    uploadedBytes: meters.uploaded.total,
    receivedBytes: meters.received.total,
    sentBytes: meters.sent.total,
    downloadRate: meters.downloaded.rate,
    uploadRate: meters.uploaded.rate,
    receiveRate: meters.received.rate,
    sendRate: meters.sent.rate,
    wastedBytes: torrent.pieces.wastedBytes,
    redundantBytes: torrent.pieces.redundantBytes,
    hashFailures: torrent.pieces.hashFailures,
    peerCount: connections.length,
    seedCount: connections.filter(({ state }) => state.isSeed).length,
    interestedCount: connections.filter(({ state }) => state.isInterested).length,
    unchokedCount: connections.filter(({ state }) => !state.isChoked).length,
    knownPeerCount: torrent.peers.known.size,
    piecesHave: picker?.have.count ?? 0,
    pieceCount: picker?.have.length ?? 0,
    blocksWithPlugins: torrent.pieces.countWithPlugins(),
  };
}
