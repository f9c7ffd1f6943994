import type { SlotIndex, SlotPool } from '@peerloom/core';

/** Slots without owners, for tests that address them by number. */
export class TestSlotPool implements SlotPool {
  readonly slotLength = 16 * 1024;
  readonly capacity: number;
  readonly memory: SharedArrayBuffer;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.memory = new SharedArrayBuffer(capacity * this.slotLength);
  }

  get freeCount(): number {
    return 0;
  }

  acquire(): SlotIndex {
    return -1;
  }

  release(): void {}

  view(slot: SlotIndex): Uint8Array {
    return new Uint8Array(this.memory, slot * this.slotLength, this.slotLength);
  }

  whenFree(): () => void {
    return () => {};
  }
}
