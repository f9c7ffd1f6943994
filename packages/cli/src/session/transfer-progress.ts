import type { TorrentHandle } from '@peerloom/core';
import type { TransferProgress } from '../output/transfer-view.js';
import type { CliSession } from './cli-session.js';

/** Bytes of the pieces of a torrent that are had. */
export function haveBytes(torrent: TorrentHandle): number {
  const layout = torrent.info?.layout;
  const pieces = torrent.pieces();
  if (layout === undefined || pieces === undefined) return 0;
  const last = layout.pieceCount - 1;
  const lastGap = pieces.has(last) ? layout.pieceLength - layout.pieceSize(last) : 0;
  return pieces.count * layout.pieceLength - lastGap;
}

/** Where the torrents of a session are, for the display. */
export function transferProgress(
  { session, trouble }: CliSession,
  torrents: readonly TorrentHandle[],
): TransferProgress {
  const { downloadRate, uploadRate, uploadedBytes, peerCount } = session.stats();
  return {
    torrents: torrents.map((torrent) => ({
      name: torrent.name,
      state: torrent.state,
      haveBytes: haveBytes(torrent),
      totalBytes: torrent.info?.layout.totalLength ?? 0,
      checkedBytes: torrent.checkedBytes,
    })),
    downloadRate,
    uploadRate,
    uploadedBytes,
    peerCount,
    trouble,
  };
}

/** A torrent in the summary of `--json`. */
export function torrentSummary(torrent: TorrentHandle): Readonly<Record<string, unknown>> {
  const { stats } = torrent;
  return {
    name: torrent.name,
    infoHash: torrent.infoHash.hex,
    state: torrent.state,
    haveBytes: haveBytes(torrent),
    totalBytes: torrent.info?.layout.totalLength ?? 0,
    piecesHave: stats.piecesHave,
    pieceCount: stats.pieceCount,
    downloadedBytes: stats.downloadedBytes,
    uploadedBytes: stats.uploadedBytes,
    wastedBytes: stats.wastedBytes,
    redundantBytes: stats.redundantBytes,
    hashFailures: stats.hashFailures,
  };
}
