import { describe, expect, it } from 'vitest';
import { ReadCache } from '../disk/read-cache.js';
import { SharedSlotPool } from '../disk/slot-pool.js';
import { SlotBudget } from './slot-budget.js';

const KiB = 1024;
const MiB = 1024 * KiB;

describe('SlotBudget.readAheadBytes', () => {
  it.each([
    [48 * MiB, 256 * KiB, 256 * KiB],
    [1 * MiB, 256 * KiB, 128 * KiB],
    [1 * MiB, 16 * KiB, 16 * KiB],
    [640 * KiB, 1 * MiB, 32 * KiB],
  ])('of a pool of %i bytes that wants %i is %i, which a read cache takes', (pool, wanted, expected) => {
    const slots = new SharedSlotPool(pool);
    const budget = new SlotBudget(slots);
    const readAheadBytes = budget.readAheadBytes(wanted);
    expect(readAheadBytes).toBe(expected);
    expect(new ReadCache(slots, { maxSlots: budget.readSlots, readAheadBytes }).stats.slotsHeld).toBe(0);
  });
});
