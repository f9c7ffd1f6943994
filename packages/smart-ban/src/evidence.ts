import { type BlockDigest, sameBlock } from './block-digest.js';
import type { Sender } from './sender.js';

/** One version of one block, and who sent it. */
export interface SentBlock {
  /** Index of the block in its piece. */
  readonly block: number;
  /** Who sent it. */
  readonly sender: Sender;
  /** What it was. */
  readonly digest: BlockDigest;
}

/** Versions of blocks that are remembered at most, of all torrents. */
const maxSentBlocks = 32_768;

/** What peers sent of pieces that failed, until the pieces pass. The oldest is forgotten past a limit. */
export class Evidence {
  readonly #byPiece = new Map<string, Map<number, SentBlock[]>>();
  readonly #capacity: number;
  #size = 0;

  constructor(capacity = maxSentBlocks) {
    this.#capacity = capacity;
  }

  /** Versions of blocks that are remembered. */
  get size(): number {
    return this.#size;
  }

  /** Remembers what was sent. True where its sender has sent another version of the block before. */
  add(piece: string, sent: SentBlock): boolean {
    const byBlock = this.#byPiece.get(piece) ?? new Map<number, SentBlock[]>();
    const known = byBlock.get(sent.block) ?? [];
    const versions = known.filter(({ sender }) => sender.key === sent.sender.key);
    if (versions.some(({ digest }) => sameBlock(digest, sent.digest))) return versions.length > 1;
    known.push(sent);
    byBlock.set(sent.block, known);
    this.#byPiece.set(piece, byBlock);
    this.#size++;
    while (this.#size > this.#capacity) this.#forgetOldest();
    return versions.length > 0;
  }

  /** Whether anything of a piece is remembered. */
  has(piece: string): boolean {
    return this.#byPiece.has(piece);
  }

  /** What was sent of a piece, which is forgotten. */
  take(piece: string): readonly SentBlock[] {
    const sent = [...(this.#byPiece.get(piece)?.values() ?? [])].flat();
    this.#size -= sent.length;
    this.#byPiece.delete(piece);
    return sent;
  }

  /** The oldest piece, or, where there is one only, what was noted of its block that came first. */
  #forgetOldest(): void {
    const [oldest] = this.#byPiece;
    if (oldest === undefined) return;
    const [piece, byBlock] = oldest;
    if (this.#byPiece.size > 1) {
      this.take(piece);
      return;
    }
    const [first] = byBlock;
    if (first === undefined) return;
    const [block, sent] = first;
    byBlock.delete(block);
    this.#size -= sent.length;
  }
}
