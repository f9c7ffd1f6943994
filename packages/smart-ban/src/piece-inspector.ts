import { createHash } from 'node:crypto';
import {
  type BlockSource,
  bytesEqual,
  type PeerContext,
  type PeerPlugin,
  type PieceHold,
  type TorrentContext,
  type TorrentPlugin,
} from '@peerloom/core/plugin';
import { type BlockDigest, digestBlock, sameBlock } from './block-digest.js';
import type { Evidence, SentBlock } from './evidence.js';
import type { GoodPeers } from './good-peers.js';
import type { Judge } from './judge.js';
import { Retries } from './retries.js';
import { type Sender, senderOf } from './sender.js';

/** What all torrents of a session share. */
export interface InspectorTools {
  readonly key: Uint8Array;
  readonly evidence: Evidence;
  readonly good: GoodPeers;
  readonly judge: Judge;
}

/** A block of a piece as its source is known, before its digest is. */
interface UnreadBlock {
  readonly block: number;
  readonly sender: Sender;
  readonly duplicateDigest: Uint8Array | undefined;
}

/** Notes who sent what of pieces that fail, and compares it with what they are once they pass. */
export class PieceInspector implements TorrentPlugin {
  readonly #torrent: TorrentContext;
  readonly #tools: InspectorTools;
  readonly #retries: Retries;

  constructor(torrent: TorrentContext, tools: InspectorTools) {
    this.#torrent = torrent;
    this.#tools = tools;
    this.#retries = new Retries(torrent);
  }

  newConnection(peer: PeerContext): PeerPlugin {
    return { onPiecePass: () => this.#tools.good.note(peer) };
  }

  onPieceFailed(piece: number): void {
    const blocks = unreadBlocks(this.#torrent.pieceSources(piece));
    this.#retries.failed(
      piece,
      blocks.map(({ sender }) => sender.key),
    );
    void this.#note(piece, blocks, this.#torrent.holdPiece(piece));
  }

  onPiecePass(piece: number): void {
    this.#retries.passed(piece);
    const { evidence } = this.#tools;
    if (!evidence.has(this.#nameOf(piece))) return;
    // Copies that came second, of the attempt that passed.
    for (const { block, sender, duplicateDigest } of unreadBlocks(this.#torrent.pieceSources(piece))) {
      if (duplicateDigest === undefined) continue;
      evidence.add(this.#nameOf(piece), {
        block,
        sender,
        digest: { keyed: undefined, sha1: duplicateDigest },
      });
    }
    void this.#compare(piece, evidence.take(this.#nameOf(piece)));
  }

  tick(): void {
    this.#retries.tick();
  }

  async #note(piece: number, blocks: readonly UnreadBlock[], hold: PieceHold): Promise<void> {
    for (const { block, sender, duplicateDigest } of blocks) {
      const digest: BlockDigest | undefined =
        duplicateDigest === undefined
          ? await this.#digestOf(piece, block)
          : { keyed: undefined, sha1: duplicateDigest };
      // Past the hold the block may be another peer's already.
      if (!hold.isOpen) break;
      if (digest === undefined) continue;
      const isOtherVersion = this.#tools.evidence.add(this.#nameOf(piece), { block, sender, digest });
      if (!isOtherVersion) continue;
      const what = 'sent two versions of one block';
      this.#tools.judge.ban({ torrent: this.#torrent, sender, piece, block, what });
    }
    hold.release();
  }

  async #compare(piece: number, sent: readonly SentBlock[]): Promise<void> {
    const right = await this.#readPiece(piece, new Set(sent.map(({ block }) => block)));
    const found = new Set<string>();
    for (const { block, sender, digest } of sent) {
      const wanted = right?.get(block);
      if (wanted === undefined || found.has(sender.key) || sameBlock(digest, wanted)) continue;
      found.add(sender.key);
      this.#tools.judge.ban({ torrent: this.#torrent, sender, piece, block, what: 'sent wrong data' });
    }
  }

  /**
   * Digests of some blocks of a piece that we have; `undefined` where what storage gives is not the piece, so that a
   * failing disk accuses nobody.
   */
  async #readPiece(
    piece: number,
    wanted: ReadonlySet<number>,
  ): Promise<ReadonlyMap<number, BlockDigest> | undefined> {
    const { info } = this.#torrent;
    if (info === undefined) return undefined;
    const hash = createHash('sha1');
    const digests = new Map<number, BlockDigest>();
    for (let block = 0; block < info.layout.blockCount(piece); block++) {
      const bytes = await this.#read(piece, block);
      if (bytes === undefined) return undefined;
      hash.update(bytes);
      if (wanted.has(block)) digests.set(block, digestBlock(this.#tools.key, bytes));
    }
    return bytesEqual(hash.digest(), info.pieceHash(piece)) ? digests : undefined;
  }

  async #digestOf(piece: number, block: number): Promise<BlockDigest | undefined> {
    const bytes = await this.#read(piece, block);
    return bytes && digestBlock(this.#tools.key, bytes);
  }

  /** `undefined` where it cannot be read: nobody is accused of it. */
  #read(piece: number, block: number): Promise<Uint8Array | undefined> {
    return this.#torrent.readBlock(piece, block).catch(() => undefined);
  }

  #nameOf(piece: number): string {
    return `${this.#torrent.infoHash.hex} ${piece}`;
  }
}

function unreadBlocks(sources: readonly BlockSource[]): readonly UnreadBlock[] {
  const senders = new Map<number, Sender>();
  return sources.map(({ block, peer, duplicateDigest }) => {
    const sender = senders.get(peer.connectionId) ?? senderOf(peer);
    senders.set(peer.connectionId, sender);
    return { block, sender, duplicateDigest };
  });
}
