import { Bitfield } from '../common/bitfield.js';
import { limits } from '../common/limits.js';
import type { PeerState } from '../peer/peer-state.js';
import type { BlockSource } from '../plugin/torrent-context.js';
import type { SlotIndex } from '../ports/slots.js';

/** One piece on its way from peers to storage: its slots, and who sent what. */
export class PieceDownload {
  readonly piece: number;
  /** Blocks go to storage as they come, unverified, because the piece is large. */
  readonly isSpilled: boolean;
  /** Slot of each block; -1 where it is not in memory. */
  readonly slots: number[];
  readonly #sources: (PeerState | undefined)[];
  readonly #duplicates: BlockSource[] = [];
  /** Slots of spilled blocks whose write failed, by block: kept to be written again. */
  readonly unwritten = new Map<number, SlotIndex>();
  /** Blocks that are in storage, unverified. */
  stored: Bitfield | undefined;
  /** `unwritten`: complete, but its write or the look at what was spilled failed. */
  phase: 'collecting' | 'writing' | 'unwritten' | 'failed' | 'ended' = 'collecting';
  holds = 0;

  constructor(piece: number, blockCount: number, isSpilled: boolean) {
    this.piece = piece;
    this.isSpilled = isSpilled;
    this.slots = new Array<number>(blockCount).fill(-1);
    if (isSpilled) this.stored = new Bitfield(blockCount);
    this.#sources = new Array<PeerState | undefined>(blockCount).fill(undefined);
  }

  /** Slot in which the block is in memory; -1 where it is not. */
  slotOf(block: number): SlotIndex {
    const slot = this.slots[block] ?? -1;
    return slot >= 0 ? slot : (this.unwritten.get(block) ?? -1);
  }

  /** Slots that it holds. */
  get heldSlots(): number {
    return this.slots.reduce((count, slot) => (slot >= 0 ? count + 1 : count), this.unwritten.size);
  }

  /** Whether something of it waits to be written again. */
  get isUnwritten(): boolean {
    return this.phase === 'unwritten' || (this.phase === 'collecting' && this.unwritten.size > 0);
  }

  /** The block is in storage. */
  setStored(block: number): void {
    this.stored ??= new Bitfield(this.slots.length);
    this.stored.add(block);
  }

  setSource(block: number, peer: PeerState): void {
    this.#sources[block] = peer;
  }

  /** Notes another copy of a block, by its digest. */
  addDuplicate(block: number, peer: PeerState, digest: Uint8Array): void {
    if (this.#duplicates.length >= limits.maxDuplicatesPerPiece) return;
    this.#duplicates.push({ block, peer, duplicateDigest: digest });
  }

  /** Who sent the committed block. */
  sourceOf(block: number): PeerState | undefined {
    return this.#sources[block];
  }

  /** Who sent committed blocks, each once. */
  contributors(): ReadonlySet<PeerState> {
    const peers = new Set<PeerState>();
    for (const peer of this.#sources) if (peer) peers.add(peer);
    return peers;
  }

  sources(): readonly BlockSource[] {
    const sources: BlockSource[] = [];
    for (const [block, peer] of this.#sources.entries()) {
      if (peer) sources.push({ block, peer, duplicateDigest: undefined });
    }
    return [...sources, ...this.#duplicates];
  }
}
