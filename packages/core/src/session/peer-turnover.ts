import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Settings } from '../settings/settings-table.js';

/** The connections of a torrent, as far as turnover is concerned. */
export interface TurnoverTorrent {
  readonly size: number;
  /** Whether somebody is there to be dialled, or was refused for want of room since it was last asked. */
  takeDemand(): boolean;
  /**
   * Closes connections while `isWanted`, given how many were closed so far, says so: those worth least first,
   * young ones last or not at all. Returns how many.
   */
  dropWorst(isWanted: (dropped: number) => boolean, reason: DisconnectReason, sparesYoung: boolean): number;
}

/** Share of the limit from which on connections count as full. */
const fullShare = 0.9;

const turnoverReason: DisconnectReason = {
  origin: 'policy',
  code: 'PEER_TURNOVER',
  message: 'one that may be of more use takes its place',
};
const excessReason: DisconnectReason = {
  origin: 'policy',
  code: 'PEER_TOO_MANY',
  message: 'more connections than there may be',
};

/**
 * Has connections that are of little use give way to peers that may be better, a few from time to time:
 * where a torrent is full and others wait, and where the session is, from the torrents that have most.
 */
export class PeerTurnover {
  readonly #settings: Settings;
  #lastMs: number;

  constructor(settings: Settings, nowMs: number) {
    this.#settings = settings;
    this.#lastMs = nowMs;
  }

  /** About once a second. */
  tick(torrents: readonly TurnoverTorrent[], nowMs: number): void {
    this.dropSurplus(torrents);
    if (nowMs - this.#lastMs < this.#settings.peerTurnoverIntervalMs) return;
    this.#lastMs = nowMs;
    this.#turn(torrents);
  }

  /** Closes what is past the limits, those of least use first. That may bring about anything. */
  dropSurplus(torrents: readonly TurnoverTorrent[]): void {
    for (const torrent of torrents) {
      const isExcess = (): boolean => torrent.size > this.#settings.maxConnectionsPerTorrent;
      if (isExcess()) torrent.dropWorst(isExcess, excessReason, false);
    }
    this.#dropFromLargest(torrents, () => totalOf(torrents) > this.#settings.maxConnections, excessReason);
  }

  #turn(torrents: readonly TurnoverTorrent[]): void {
    const { maxConnections, maxConnectionsPerTorrent, peerTurnoverPercent } = this.#settings;
    if (peerTurnoverPercent === 0) return;
    const shareOf = (size: number): number => Math.max(1, Math.floor((size * peerTurnoverPercent) / 100));
    const isSessionFull = totalOf(torrents) >= maxConnections * fullShare;
    let hasDemand = false;
    let dropped = 0;
    for (const torrent of torrents) {
      if (!torrent.takeDemand()) continue;
      hasDemand = true;
      const isFull = torrent.size > 0 && torrent.size >= maxConnectionsPerTorrent * fullShare;
      if (isFull) dropped += torrent.dropWorst(upTo(shareOf(torrent.size)), turnoverReason, true);
    }
    if (!isSessionFull || !hasDemand || dropped > 0) return;
    this.#dropFromLargest(torrents, upTo(shareOf(totalOf(torrents))), turnoverReason);
  }

  /** One at a time from the torrent that has most, so that those with few keep them. */
  #dropFromLargest(
    torrents: readonly TurnoverTorrent[],
    isWanted: (dropped: number) => boolean,
    reason: DisconnectReason,
  ): void {
    const left = torrents.filter(({ size }) => size > 0);
    for (let dropped = 0; left.length > 0 && isWanted(dropped); ) {
      let largest = 0;
      for (const [index, { size }] of left.entries()) if (size > (left[largest]?.size ?? 0)) largest = index;
      if (left[largest]?.dropWorst(upTo(1), reason, reason === turnoverReason) === 1) dropped++;
      else left.splice(largest, 1);
    }
  }
}

function upTo(count: number): (dropped: number) => boolean {
  return (dropped) => dropped < count;
}

function totalOf(torrents: readonly TurnoverTorrent[]): number {
  return torrents.reduce((sum, { size }) => sum + size, 0);
}
