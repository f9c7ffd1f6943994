import type { PeerContext, TorrentContext } from '@peerloom/core/plugin';
import { dropOldest } from './drop-oldest.js';
import { senderOf } from './sender.js';

/** How long nothing may come of a piece before another peer is to send it. */
const stallMs = 20_000;
const maxPieces = 1024;
const maxTried = 256;

interface Retry {
  /** Keys of those that took part in an attempt that failed. */
  readonly tried: Set<string>;
  /** The one that is to send the piece; `undefined`: any single one. */
  connectionId: number | undefined;
  /** Blocks that had come, and when that was looked at. */
  blocks: number;
  sinceMs: number;
}

/**
 * Sees to it that pieces that failed pass: each is fetched from one peer alone, one that had no part in the failures
 * where there is one, and from another where nothing comes.
 */
export class Retries {
  readonly #torrent: TorrentContext;
  readonly #pieces = new Map<number, Retry>();

  constructor(torrent: TorrentContext) {
    this.#torrent = torrent;
  }

  /** The piece has failed, and these took part. */
  failed(piece: number, keys: Iterable<string>): void {
    const before = this.#pieces.get(piece);
    const tried = new Set([...(before?.tried ?? []), ...keys].slice(-maxTried));
    const retry = { tried, connectionId: undefined, blocks: 0, sinceMs: this.#torrent.clock.now() };
    this.#pieces.delete(piece);
    this.#pieces.set(piece, retry);
    dropOldest(this.#pieces, maxPieces);
    this.#assign(piece, retry);
  }

  /** The piece has passed. */
  passed(piece: number): void {
    this.#pieces.delete(piece);
  }

  /** About once a second. */
  tick(): void {
    const nowMs = this.#torrent.clock.now();
    for (const [piece, retry] of this.#pieces) {
      if (this.#torrent.have(piece)) {
        this.#pieces.delete(piece);
        continue;
      }
      if (nowMs - retry.sinceMs < stallMs) continue;
      const blocks = this.#torrent.pieceSources(piece).length;
      if (blocks === retry.blocks) this.#assign(piece, retry);
      retry.blocks = blocks;
      retry.sinceMs = nowMs;
    }
  }

  #assign(piece: number, retry: Retry): void {
    const peer = this.#bestFor(piece, retry);
    retry.connectionId = peer?.connectionId;
    this.#torrent.setExclusive(piece, peer ?? true);
  }

  #bestFor(piece: number, { tried, connectionId }: Retry): PeerContext | undefined {
    let best: PeerContext | undefined;
    for (const peer of this.#torrent.peers()) {
      if (!peer.isReady || peer.isChokingUs || peer.connectionId === connectionId) continue;
      if (!peer.has(piece) || tried.has(senderOf(peer).key)) continue;
      if (best === undefined || peer.stats.downloadRate > best.stats.downloadRate) best = peer;
    }
    return best;
  }
}
