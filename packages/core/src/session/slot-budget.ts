import type { SlotPool } from '../ports/slots.js';
import type { Torrent } from '../torrent/torrent.js';

/** Share of the pool that reading ahead may hold. */
const readShare = 4;

/** Longest block that is served. */
const maxReadBytes = 128 * 1024;

/** Slots that one read may need where `bytes` are read at once: it may begin and end inside of two. */
function slotsForRead(bytes: number, slotLength: number): number {
  return (Math.ceil((maxReadBytes - 1) / bytes) + 1) * Math.ceil(bytes / slotLength);
}

/** Divides the slot pool between what is read for peers and the pieces that are collected. */
export class SlotBudget {
  readonly #slots: SlotPool;
  /** Slots that reading for peers may hold. */
  readonly readSlots: number;
  #wasFull = false;

  constructor(slots: SlotPool) {
    this.#slots = slots;
    this.readSlots = Math.floor(slots.capacity / readShare);
  }

  /** Bytes to read at once: what is wanted, or less where the pool is too small for that. */
  readAheadBytes(wantedBytes: number): number {
    const { slotLength } = this.#slots;
    let bytes = wantedBytes;
    while (bytes > slotLength && slotsForRead(bytes, slotLength) > this.readSlots) bytes /= 2;
    return Math.max(slotLength, Math.floor(bytes / slotLength) * slotLength);
  }

  /**
   * Blocks of new pieces that there is room for: all blocks of the pieces that are open fit first. Pieces
   * that nobody is sending don't count; see {@link SlotBudget.relieve}.
   */
  openableBlocks(torrents: Iterable<Torrent>, readSlotsHeld: number): number {
    const { capacity, freeCount } = this.#slots;
    let expected = 0;
    for (const { picker } of torrents) {
      if (picker) expected += picker.openMissingBlocks - picker.stalledMissingBlocks;
    }
    const collected = capacity - freeCount - readSlotsHeld;
    return capacity - this.readSlots - collected - expected;
  }

  /**
   * About once a second: where the pool has been full since the last time, nothing may be able to move,
   * because pieces that were stalled have come back to life. The one that loses least is given up.
   */
  relieve(torrents: Iterable<Torrent>): void {
    const isFull = this.#slots.freeCount === 0;
    const isStuck = isFull && this.#wasFull;
    this.#wasFull = isFull;
    if (!isStuck) return;
    let smallest: { readonly torrent: Torrent; readonly piece: number; readonly held: number } | undefined;
    for (const torrent of torrents) {
      const found = torrent.content?.downloads.smallestCollecting();
      if (found && (smallest === undefined || found.held < smallest.held)) smallest = { torrent, ...found };
    }
    if (smallest) smallest.torrent.content?.downloads.abort(smallest.piece);
  }
}
