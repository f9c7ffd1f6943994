import { blockLength } from '../common/block.js';
import { StorageError } from '../common/errors.js';
import type { SlotIndex, SlotPool } from '../ports/slots.js';

/** Somebody who waits for a free slot. */
interface Waiter {
  readonly callback: () => void;
  /** Drain number at registration: a drain calls only those that waited before it began. */
  readonly since: number;
}

/**
 * The default {@link SlotPool}: a `SharedArrayBuffer`, of which the system backs only what was touched.
 * The slot released last is handed out first, so that a quiet engine stays within few pages.
 *
 * Waiters are called from a microtask of their own, so `release` never runs foreign code. Each drain calls
 * every waiter that was there when it began, in order, as long as a slot is free; one that waits again
 * from its callback is called after a later release only, so a drain always ends.
 */
export class SharedSlotPool implements SlotPool {
  readonly slotLength = blockLength;
  readonly capacity: number;
  readonly memory: SharedArrayBuffer;
  readonly #free: Int32Array;
  #freeCount: number;
  readonly #owned: Uint8Array;
  readonly #views: (Uint8Array | undefined)[];
  readonly #waiters = new Set<Waiter>();
  #drains = 0;
  #drainScheduled = false;

  /**
   * @param poolBytes Size of the whole pool; rounded down to whole slots. Throws `STORAGE_RANGE` where
   * that leaves none.
   */
  constructor(poolBytes: number) {
    const capacity = Math.floor(poolBytes / blockLength);
    if (!(capacity >= 1)) {
      throw new StorageError('STORAGE_RANGE', `a pool of ${poolBytes} bytes holds no slot`, '');
    }
    this.capacity = capacity;
    this.memory = new SharedArrayBuffer(capacity * blockLength);
    this.#free = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) this.#free[i] = capacity - 1 - i;
    this.#freeCount = capacity;
    this.#owned = new Uint8Array(capacity);
    this.#views = new Array<Uint8Array | undefined>(capacity).fill(undefined);
  }

  get freeCount(): number {
    return this.#freeCount;
  }

  acquire(): SlotIndex {
    if (this.#freeCount === 0) return -1;
    const slot = this.#free[--this.#freeCount] ?? -1;
    this.#owned[slot] = 1;
    return slot;
  }

  release(slot: SlotIndex): void {
    if (this.#owned[slot] !== 1) {
      throw new StorageError('STORAGE_SLOT_FREE', `slot ${slot} is released but nobody owns it`, '');
    }
    this.#owned[slot] = 0;
    this.#free[this.#freeCount++] = slot;
    if (this.#waiters.size > 0 && !this.#drainScheduled) {
      this.#drainScheduled = true;
      queueMicrotask(() => this.#drain());
    }
  }

  view(slot: SlotIndex): Uint8Array {
    let view = this.#views[slot];
    if (view === undefined) {
      if (!(slot >= 0 && slot < this.capacity)) {
        throw new StorageError('STORAGE_RANGE', `there is no slot ${slot}`, '');
      }
      view = new Uint8Array(this.memory, slot * blockLength, blockLength);
      this.#views[slot] = view;
    }
    return view;
  }

  whenFree(callback: () => void): () => void {
    const waiter: Waiter = { callback, since: this.#drains };
    this.#waiters.add(waiter);
    return () => {
      this.#waiters.delete(waiter);
    };
  }

  #drain(): void {
    this.#drainScheduled = false;
    const drain = ++this.#drains;
    for (const waiter of this.#waiters) {
      if (this.#freeCount === 0 || waiter.since === drain) return;
      this.#waiters.delete(waiter);
      waiter.callback();
    }
  }
}
