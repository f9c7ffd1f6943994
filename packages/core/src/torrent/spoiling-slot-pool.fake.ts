import { SharedSlotPool } from '../disk/slot-pool.js';
import type { SlotIndex } from '../ports/slots.js';

/** A pool that spoils what is given back, so that whoever still uses it is found out. */
export class SpoilingSlotPool extends SharedSlotPool {
  override release(slot: SlotIndex): void {
    super.release(slot);
    this.view(slot).fill(0xee, 0, 64);
  }

  get ownedCount(): number {
    return this.capacity - this.freeCount;
  }
}
