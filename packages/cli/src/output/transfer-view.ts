import type { TorrentState } from '@peerloom/core';
import { bar } from './bar.js';
import { displayWidth, fitText } from './display-width.js';
import { escapeText } from './escape-text.js';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from './format.js';
import type { Output } from './output.js';
import type { ProgressView } from './progress.js';

/** One torrent at one moment. */
export interface TorrentProgress {
  readonly name: string;
  readonly state: TorrentState;
  /** Whether it waits for others. */
  readonly isQueued: boolean;
  /** Whether it was given up. */
  readonly isFailed: boolean;
  /** Bytes of verified pieces, of what is wanted. */
  readonly haveBytes: number;
  readonly totalBytes: number;
  /** Bytes hashed by the check that is running. */
  readonly checkedBytes: number;
}

/** All torrents of a command at one moment. Rates are bytes a second. */
export interface TransferProgress {
  readonly torrents: readonly TorrentProgress[];
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly uploadedBytes: number;
  readonly peerCount: number;
  /** How many of these have all pieces. */
  readonly seedCount: number;
  readonly piecesHave: number;
  /** 0 where no torrent's metadata is known. */
  readonly pieceCount: number;
  readonly banCount: number;
  /** Limits in bytes a second; 0 where there is none. */
  readonly downloadLimit: number;
  readonly uploadLimit: number;
  /** What went wrong last with a peer, for when there is none. */
  readonly trouble: string | undefined;
}

/** How a transfer looks. */
type TransferStyle = Pick<Output, 'style' | 'isUnicode' | 'rows'>;

const maxBarWidth = 26;
const minBarWidth = 6;
const minNameWidth = 12;
const amountWidth = 17;
const gap = '   ';

/** Shows a download or a seed: a line a torrent, and one for all. */
export class TransferView implements ProgressView {
  readonly #output: TransferStyle;
  readonly #read: () => TransferProgress;

  constructor(output: TransferStyle, read: () => TransferProgress) {
    this.#output = output;
    this.#read = read;
  }

  lines(width: number): readonly string[] {
    const progress = this.#read();
    const room = Math.max(1, this.#output.rows - 4);
    const shown = progress.torrents.slice(0, room);
    const hiddenCount = progress.torrents.length - shown.length;
    return [
      ...shown.map((torrent) => this.#torrentLine(torrent, width)),
      ...(hiddenCount > 0 ? [this.#output.style.dim(`  and ${hiddenCount} more`)] : []),
      this.#statusLine(progress, width),
    ];
  }

  plainLine(): string | undefined {
    const { torrents, ...all } = this.#read();
    const total = sumOf(torrents);
    const name =
      torrents.length === 1 ? escapeText(torrents[0]?.name ?? '') : formatCount(torrents.length, 'torrent');
    if (torrents.some(({ state }) => state === 'checkingFiles')) {
      return `${name}: ${formatBytes(total.checkedBytes)} checked`;
    }
    const peers = peersText(all);
    const bans = all.banCount > 0 ? `, ${all.banCount} banned` : '';
    const up = `${steadyRate(all.uploadRate)} up`;
    const trouble = all.peerCount === 0 && all.trouble !== undefined ? ` (${all.trouble})` : '';
    if (torrents.some(({ state }) => state === 'downloadingMetadata')) {
      return `${name}: waiting for metadata, ${peers}${bans}${trouble}`;
    }
    if (total.haveBytes === total.totalBytes) {
      return `${name}: seeding, ${up}, ${formatBytes(all.uploadedBytes)} sent, ${peers}${bans}`;
    }
    const share = `${formatPercent(total.haveBytes, total.totalBytes)} of ${formatBytes(total.totalBytes)}`;
    const down = `${steadyRate(all.downloadRate)} down`;
    const left = leftText(total.totalBytes - total.haveBytes, all.downloadRate);
    const parts = [share, piecesText(all), down, up, peers, ...(left === undefined ? [] : [left])];
    return `${name}: ${parts.join(', ')}${bans}${trouble}`;
  }

  #torrentLine(torrent: TorrentProgress, width: number): string {
    const { name, totalBytes } = torrent;
    const part = torrent.state === 'checkingFiles' ? torrent.checkedBytes : torrent.haveBytes;
    const amount = amountText(torrent);
    const room = width - amountWidth - 4;
    const barWidth = Math.max(minBarWidth, Math.min(maxBarWidth, room - minNameWidth));
    const nameWidth = Math.max(minNameWidth, room - barWidth);
    const drawn = bar(part, totalBytes, barWidth, this.#output);
    return `${fitText(escapeText(name), nameWidth)}  ${drawn}  ${amount.padStart(amountWidth)}`;
  }

  /** What matters most comes first; what does not fit is left out whole. */
  #statusLine(progress: TransferProgress, width: number): string {
    const { torrents, downloadRate, uploadRate, uploadedBytes, peerCount, trouble } = progress;
    const [down, up] = this.#output.isUnicode ? ['↓', '↑'] : ['down', 'up'];
    const { haveBytes, totalBytes } = sumOf(torrents);
    const missingBytes = totalBytes - haveBytes;
    const isMissing = missingBytes > 0 || torrents.some(({ state }) => state === 'downloadingMetadata');
    const left = leftText(missingBytes, downloadRate);
    const isInTrouble = isMissing && peerCount === 0 && trouble !== undefined;
    const parts = [
      ...(isMissing ? [`${down} ${steadyRate(downloadRate)}`] : []),
      `${up} ${steadyRate(uploadRate)}`,
      ...(isMissing ? [] : [`${formatBytes(uploadedBytes)} sent`]),
      peersText(progress),
      ...(left === undefined ? [] : [left]),
      ...(progress.banCount > 0 ? [`${progress.banCount} banned`] : []),
      ...(missingBytes > 0 && !isInTrouble ? [piecesText(progress)] : []),
      ...(isInTrouble ? [] : limitParts(progress)),
    ];
    const fitting = fittingParts(parts, width);
    // It may be long, and is worth what room there is.
    if (isInTrouble) fitting.push(trouble);
    return this.#output.style.dim(fitText(fitting.join(gap), width).trimEnd());
  }
}

/** The first ones that fit into a line, one at least. */
function fittingParts(parts: readonly string[], width: number): string[] {
  const fitting: string[] = [];
  let used = 0;
  for (const part of parts) {
    used += displayWidth(part) + (fitting.length > 0 ? gap.length : 0);
    if (used > width && fitting.length > 0) break;
    fitting.push(part);
  }
  return fitting;
}

/** `3 peers`, or `3 peers (2 seeds)`. */
function peersText({ peerCount, seedCount }: Pick<TransferProgress, 'peerCount' | 'seedCount'>): string {
  const peers = formatCount(peerCount, 'peer');
  return seedCount > 0 ? `${peers} (${formatCount(seedCount, 'seed')})` : peers;
}

function piecesText({ piecesHave, pieceCount }: Pick<TransferProgress, 'piecesHave' | 'pieceCount'>): string {
  return `${piecesHave}/${formatCount(pieceCount, 'piece')}`;
}

/** `limit 2.0 MiB/s down, 1.0 MiB/s up`; nothing where there is none. */
function limitParts({
  downloadLimit,
  uploadLimit,
}: Pick<TransferProgress, 'downloadLimit' | 'uploadLimit'>): readonly string[] {
  const limits = [
    ...(downloadLimit > 0 ? [`${formatRate(downloadLimit)} down`] : []),
    ...(uploadLimit > 0 ? [`${formatRate(uploadLimit)} up`] : []),
  ];
  return limits.length > 0 ? [`limit ${limits.join(', ')}`] : [];
}

/** When it will be done at this rate; `undefined` where that is not to be told. */
function leftText(missingBytes: number, downloadRate: number): string | undefined {
  if (missingBytes <= 0 || downloadRate < 1024) return undefined;
  return `${formatDuration((missingBytes / downloadRate) * 1000)} left`;
}

/** What is said of a torrent beside its bar. */
function amountText({
  state,
  isQueued,
  isFailed,
  haveBytes,
  totalBytes,
  checkedBytes,
}: TorrentProgress): string {
  if (isFailed) return 'failed';
  const isDone = state === 'seeding' || state === 'finished';
  if (isQueued && !isDone) return `${formatPercent(haveBytes, totalBytes)}, queued`;
  if (state === 'downloadingMetadata') return 'metadata';
  if (state === 'checkingFiles') return `${formatBytes(checkedBytes)} checked`;
  return `${formatPercent(haveBytes, totalBytes)} of ${formatBytes(totalBytes)}`;
}

/** A rate without what is left of one while it fades away. */
function steadyRate(bytesPerSecond: number): string {
  return formatRate(bytesPerSecond < 1024 ? 0 : bytesPerSecond);
}

function sumOf(
  torrents: readonly TorrentProgress[],
): Pick<TorrentProgress, 'haveBytes' | 'totalBytes' | 'checkedBytes'> {
  const sum = { haveBytes: 0, totalBytes: 0, checkedBytes: 0 };
  for (const torrent of torrents) {
    if (torrent.isFailed) continue;
    sum.haveBytes += torrent.haveBytes;
    sum.totalBytes += torrent.totalBytes;
    sum.checkedBytes += torrent.checkedBytes;
  }
  return sum;
}
