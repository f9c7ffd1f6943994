import type { TorrentHandle } from '@peerloom/core';
import type { TorrentProgress, TransferProgress } from '../output/transfer-view.js';
import type { CliSession } from './cli-session.js';
import type { TorrentDownload } from './torrent-download.js';
import { bytesOfPieces } from './wanted-bytes.js';

/** Bytes of the pieces of a torrent that are had. */
export function haveBytes(torrent: TorrentHandle): number {
  const layout = torrent.info?.layout;
  const pieces = torrent.pieces();
  return layout === undefined || pieces === undefined ? 0 : bytesOfPieces(layout, pieces);
}

/** Where the torrents of a session are, for the display. */
export function transferProgress(
  { session, trouble }: CliSession,
  torrents: readonly TorrentProgress[],
): TransferProgress {
  const { downloadRate, uploadRate, uploadedBytes, peerCount } = session.stats();
  const { downloadLimitBytesPerSecond, uploadLimitBytesPerSecond } = session.settings;
  let [seedCount, piecesHave, pieceCount] = [0, 0, 0];
  for (const { stats } of session.torrents()) {
    seedCount += stats.seedCount;
    piecesHave += stats.piecesHave;
    pieceCount += stats.pieceCount;
  }
  return {
    ...{ torrents, downloadRate, uploadRate, uploadedBytes, peerCount, seedCount, piecesHave, pieceCount },
    banCount: session.bans().length,
    downloadLimit: downloadLimitBytesPerSecond,
    uploadLimit: uploadLimitBytesPerSecond,
    trouble,
  };
}

/** Where a torrent is of which all is wanted. */
export function torrentProgress(torrent: TorrentHandle): TorrentProgress {
  const { name, state, checkedBytes } = torrent;
  const totalBytes = torrent.info?.layout.totalLength ?? 0;
  const isQueued = torrent.isQueued;
  return { name, state, isQueued, isFailed: false, haveBytes: haveBytes(torrent), totalBytes, checkedBytes };
}

/** Where a torrent of a download is. */
export function downloadProgress(torrent: TorrentDownload): TorrentProgress {
  return {
    ...torrentProgress(torrent.handle),
    isFailed: torrent.error !== undefined,
    haveBytes: torrent.haveBytes,
    totalBytes: torrent.wantedBytes,
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

/** The same for a torrent of a download, with what was wanted of it and what went wrong. */
export function downloadSummary(torrent: TorrentDownload): Readonly<Record<string, unknown>> {
  const { wantedBytes, haveBytes: wantedHaveBytes, error } = torrent;
  return {
    ...torrentSummary(torrent.handle),
    wantedBytes,
    wantedHaveBytes,
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  };
}
