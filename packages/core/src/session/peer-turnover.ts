import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Settings } from '../settings/settings-table.js';

/** The connections of a torrent, as far as turnover is concerned. */
export interface TurnoverTorrent {
  readonly size: number;
  /** Whether somebody is there to be dialled, or was refused for want of room since it was last asked. */
  takeDemand(): boolean;
  /** Closes up to `count` connections, those worth least first. Returns how many. */
  dropWorst(count: number, reason: DisconnectReason): number;
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
    const { maxConnections, maxConnectionsPerTorrent } = this.#settings;
    for (const torrent of torrents) {
      const excess = torrent.size - maxConnectionsPerTorrent;
      if (excess > 0) torrent.dropWorst(excess, excessReason);
    }
    const excess = totalOf(torrents) - maxConnections;
    if (excess > 0) this.#dropFromLargest(torrents, excess, excessReason);
    if (nowMs - this.#lastMs < this.#settings.peerTurnoverIntervalMs) return;
    this.#lastMs = nowMs;
    this.#turn(torrents);
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
      if (isFull) dropped += torrent.dropWorst(shareOf(torrent.size), turnoverReason);
    }
    if (!isSessionFull || !hasDemand || dropped > 0) return;
    this.#dropFromLargest(torrents, shareOf(totalOf(torrents)), turnoverReason);
  }

  /** One at a time from the torrent that has most, so that those with few keep them. */
  #dropFromLargest(torrents: readonly TurnoverTorrent[], count: number, reason: DisconnectReason): void {
    const left = torrents.filter(({ size }) => size > 0);
    for (let dropped = 0; dropped < count && left.length > 0; ) {
      let largest = 0;
      for (const [index, { size }] of left.entries()) if (size > (left[largest]?.size ?? 0)) largest = index;
      if (left[largest]?.dropWorst(1, reason) === 1) dropped++;
      else left.splice(largest, 1);
    }
  }
}

function totalOf(torrents: readonly TurnoverTorrent[]): number {
  return torrents.reduce((sum, { size }) => sum + size, 0);
}
