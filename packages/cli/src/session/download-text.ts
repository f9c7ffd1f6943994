import { escapeText } from '../output/escape-text.js';
import { formatBytes, formatDuration, formatPercent, formatRate } from '../output/format.js';
import type { TorrentDownload } from './torrent-download.js';

/** `45.2% of 1.0 GiB`. */
export function shareText(torrents: readonly TorrentDownload[]): string {
  const have = torrents.reduce((sum, { haveBytes }) => sum + haveBytes, 0);
  const wanted = torrents.reduce((sum, { wantedBytes }) => sum + wantedBytes, 0);
  if (wanted === 0 && torrents.some(({ handle }) => handle.info === undefined))
    return '0%, its size not known yet';
  return `${formatPercent(have, wanted)} of ${formatBytes(wanted)}`;
}

/** What is there of a torrent before anything is downloaded; `undefined` where nothing is. */
export function thereText(torrent: TorrentDownload): string | undefined {
  const name = escapeText(torrent.handle.name);
  if (torrent.isDone) return `${name}: complete already, nothing to download`;
  return torrent.haveBytes > 0 ? `${name}: ${shareText([torrent])} is there already` : undefined;
}

/** What was downloaded of a torrent that is done. */
export function completeText({ handle }: TorrentDownload, elapsedMs: number): string {
  const { downloadedBytes, hashFailures } = handle.stats;
  const rate = formatRate(downloadedBytes / (elapsedMs / 1000));
  const failures =
    hashFailures > 0 ? `, ${hashFailures} pieces failed their hash and were fetched again` : '';
  const amount = `${formatBytes(downloadedBytes)} in ${formatDuration(elapsedMs)} (${rate})`;
  return `${escapeText(handle.name)}: complete, ${amount}${failures}`;
}
