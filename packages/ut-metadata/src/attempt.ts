import { createHash } from 'node:crypto';
import { blockLength, concatBytes } from '@peerloom/core/plugin';
import { blockCountOf } from './metadata-blocks.js';

/** A block that is on its way for so long is asked for again, of another peer. */
const repeatAfterMs = 3000;
/** An attempt that has had so long a start, and needs as long again, is slow; */
const patienceMs = 30_000;
/** so is one that has got nothing for so long. */
const stallMs = 5000;

/** Who sends blocks. */
interface Sender {
  /** Whether it is asked for the block, and has not answered. */
  isAskedFor(block: number): boolean;
}

/**
 * Metadata of a certain size, as blocks of one peer or of several that say the same size. Memory is taken for
 * what has come, not for what was claimed.
 */
export class Attempt<S extends Sender> {
  readonly sizeBytes: number;
  /** Who sent blocks that are in it. */
  readonly senders = new Set<S>();
  /** Whether it takes blocks of one peer only. */
  readonly isSolo: boolean;
  readonly #startedAtMs: number;
  readonly #blocks = new Map<number, Uint8Array>();
  /** Missing blocks that somebody is asked for, and when it was that for the last time. */
  readonly #askedAtMs = new Map<number, number>();
  /** Since when nothing has come that somebody is asked for. */
  #waitingSinceMs: number;
  #firstMissing = 0;
  #heldBytes = 0;

  constructor(options: { readonly sizeBytes: number; readonly isSolo: boolean; readonly nowMs: number }) {
    this.sizeBytes = options.sizeBytes;
    this.isSolo = options.isSolo;
    this.#startedAtMs = options.nowMs;
    this.#waitingSinceMs = options.nowMs;
  }

  /** Bytes of blocks that have come. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get missingBytes(): number {
    return this.sizeBytes - this.#heldBytes;
  }

  has(block: number): boolean {
    return this.#blocks.has(block);
  }

  /**
   * The block that a peer is best asked for: one that nobody is asked for, or else the one that was asked for
   * the longest time ago.
   */
  next(source: S, nowMs: number): number | undefined {
    let oldest: number | undefined;
    let oldestAtMs = nowMs - repeatAfterMs;
    const count = blockCountOf(this.sizeBytes);
    for (let block = this.#firstMissing; block < count; block++) {
      if (this.#blocks.has(block) || source.isAskedFor(block)) continue;
      const atMs = this.#askedAtMs.get(block);
      if (atMs === undefined) return block;
      if (atMs > oldestAtMs) continue;
      oldest = block;
      oldestAtMs = atMs;
    }
    return oldest;
  }

  /** Somebody is asked for a block. */
  asked(block: number, nowMs: number): void {
    if (this.#askedAtMs.size === 0) this.#waitingSinceMs = nowMs;
    this.#askedAtMs.set(block, nowMs);
  }

  /** Who was asked for a block will not send it, as it looks. */
  release(block: number): void {
    this.#askedAtMs.delete(block);
  }

  /** Takes a missing block, of the right length. */
  put(block: number, bytes: Uint8Array, sender: S, nowMs: number): void {
    this.#waitingSinceMs = nowMs;
    this.#askedAtMs.delete(block);
    this.#blocks.set(block, bytes);
    this.#heldBytes += bytes.length;
    this.senders.add(sender);
    while (this.#blocks.has(this.#firstMissing)) this.#firstMissing++;
  }

  /** SHA-1 of all blocks. */
  digest(): Uint8Array {
    const hash = createHash('sha1');
    for (const bytes of this.#inOrder()) hash.update(bytes);
    return hash.digest();
  }

  /** All blocks as one. */
  bytes(): Uint8Array {
    return concatBytes(...this.#inOrder());
  }

  #inOrder(): Uint8Array[] {
    return Array.from({ length: blockCountOf(this.sizeBytes) }, (_, block) => {
      return this.#blocks.get(block) ?? new Uint8Array(0);
    });
  }

  /** Whether others had better not wait for it: it stands still, or is far from its end by its speed so far. */
  isSlow(nowMs: number): boolean {
    if (this.#askedAtMs.size > 0 && nowMs - this.#waitingSinceMs > stallMs) return true;
    const ageMs = nowMs - this.#startedAtMs;
    const leftMs = (this.missingBytes * ageMs) / Math.max(this.#heldBytes, blockLength);
    return ageMs > patienceMs && leftMs > patienceMs;
  }
}
