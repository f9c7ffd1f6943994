/** Number of a slot in a {@link SlotPool}; -1 stands for none. */
export type SlotIndex = number;

/**
 * A pool of 16 KiB slots in shared memory through which every block passes. A slot has exactly one
 * owner at any time: free, a connection that fills it, a piece, a disk worker, or an outgoing write.
 */
export interface SlotPool {
  /** Bytes a slot holds. */
  readonly slotLength: number;
  /** Slots in all. */
  readonly capacity: number;
  /** Slots that nobody owns. */
  readonly freeCount: number;
  /** The memory itself, for workers: slot `i` starts at `i * slotLength`. */
  readonly memory: SharedArrayBuffer;
  /** Takes a slot; -1 when the pool is full. */
  acquire(): SlotIndex;
  /** Gives a slot back. Throws `STORAGE_SLOT_FREE` where nobody owns it. */
  release(slot: SlotIndex): void;
  /** The slot's 16 KiB as a view. Reading or writing it is the owner's right only. */
  view(slot: SlotIndex): Uint8Array;
  /**
   * Calls `callback` once, after the next release and never from inside a call to the pool, while a slot
   * is free; earliest waiter first. Whoever still needs a slot then waits again. Returns a function that
   * cancels.
   */
  whenFree(callback: () => void): () => void;
}
