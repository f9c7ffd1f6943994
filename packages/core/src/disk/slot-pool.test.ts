import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { SharedSlotPool } from './slot-pool.js';

// For machines that are busy with other things.
vi.setConfig({ testTimeout: 30_000 });

const slotLength = 16_384;

const microtasks = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await undefined;
};

describe('SharedSlotPool', () => {
  test('hands out each slot once, and each is its own part of the memory', () => {
    const pool = new SharedSlotPool(3 * slotLength + 100);
    expect(pool.capacity).toBe(3);
    const slots = [pool.acquire(), pool.acquire(), pool.acquire()];
    expect(new Set(slots).size).toBe(3);
    expect(pool.acquire()).toBe(-1);
    for (const slot of slots) pool.view(slot).fill(slot + 1);
    for (const slot of slots) {
      const bytes = new Uint8Array(pool.memory, slot * pool.slotLength, pool.slotLength);
      expect(bytes.every((byte) => byte === slot + 1)).toBe(true);
      expect(pool.view(slot)).toBe(pool.view(slot));
    }
  });

  test('a second release, and a slot that does not exist, are errors and change nothing', () => {
    const pool = new SharedSlotPool(2 * slotLength);
    const slot = pool.acquire();
    pool.release(slot);
    const wrong = expect.objectContaining({ name: 'StorageError', code: 'STORAGE_SLOT_FREE' });
    for (const index of [slot, 1 - slot, -1, 2, 0.5]) expect(() => pool.release(index)).toThrow(wrong);
    expect(pool.freeCount).toBe(2);
    expect(() => pool.view(2)).toThrow(expect.objectContaining({ code: 'STORAGE_RANGE' }));
    expect(() => pool.view(-1)).toThrow(expect.objectContaining({ code: 'STORAGE_RANGE' }));
  });

  test('a pool without room for a slot is refused', () => {
    for (const bytes of [0, slotLength - 1, Number.NaN]) {
      expect(() => new SharedSlotPool(bytes)).toThrow(expect.objectContaining({ code: 'STORAGE_RANGE' }));
    }
  });

  test('waiters are called after the release, in order, one for each free slot they take', async () => {
    const pool = new SharedSlotPool(2 * slotLength);
    const slots = [pool.acquire(), pool.acquire()];
    const calls: string[] = [];
    const take = (name: string) => () => {
      calls.push(name);
      pool.acquire();
    };
    pool.whenFree(take('first'));
    const cancel = pool.whenFree(take('cancelled'));
    pool.whenFree(take('second'));
    pool.whenFree(take('third'));
    cancel();
    cancel();
    for (const slot of slots) pool.release(slot);
    expect(calls).toEqual([]);
    await microtasks();
    expect(calls).toEqual(['first', 'second']);
    pool.release(0);
    await microtasks();
    expect(calls).toEqual(['first', 'second', 'third']);
  });

  test('a waiter that takes nothing passes the chance on', async () => {
    const pool = new SharedSlotPool(slotLength);
    const slot = pool.acquire();
    const calls: string[] = [];
    pool.whenFree(() => calls.push('looks'));
    pool.whenFree(() => calls.push('takes'));
    pool.release(slot);
    await microtasks();
    expect(calls).toEqual(['looks', 'takes']);
  });

  test('a waiter that waits again is called at the next release, not for ever', async () => {
    const pool = new SharedSlotPool(2 * slotLength);
    const slots = [pool.acquire(), pool.acquire()];
    let calls = 0;
    const needsTwo = (): void => {
      calls++;
      if (pool.freeCount < 2) pool.whenFree(needsTwo);
    };
    pool.whenFree(needsTwo);
    pool.release(slots[0] ?? -1);
    await microtasks();
    expect(calls).toBe(1);
    pool.release(slots[1] ?? -1);
    await microtasks();
    expect(calls).toBe(2);
  });

  test('a slot that was taken again before the waiters had their turn is not promised to them', async () => {
    const pool = new SharedSlotPool(slotLength);
    const slot = pool.acquire();
    let calls = 0;
    pool.whenFree(() => calls++);
    pool.release(slot);
    pool.acquire();
    await microtasks();
    expect(calls).toBe(0);
    pool.release(slot);
    await microtasks();
    expect(calls).toBe(1);
  });

  test('however owners and waiters interleave, no slot has two owners and none is lost', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.constantFrom('take', 'give', 'giveWrong', 'wait', 'cancel', 'turn'), fc.nat())),
        async (capacity, steps) => {
          const pool = new SharedSlotPool(capacity * slotLength);
          const owned: number[] = [];
          const waiting: { name: number; cancel: () => void }[] = [];
          let names = 0;
          const own = (slot: number): void => {
            expect(owned).not.toContain(slot);
            owned.push(slot);
          };
          for (const [step, n] of steps) {
            if (step === 'take') {
              const slot = pool.acquire();
              expect(slot === -1).toBe(owned.length === capacity);
              if (slot !== -1) own(slot);
            } else if (step === 'give' && owned.length > 0) {
              pool.release(owned.splice(n % owned.length, 1)[0] ?? -1);
            } else if (step === 'giveWrong') {
              const slot = n % capacity;
              if (!owned.includes(slot)) expect(() => pool.release(slot)).toThrow();
            } else if (step === 'wait') {
              const name = names++;
              const called = (): void => {
                expect(pool.freeCount).toBeGreaterThan(0);
                expect(waiting.shift()?.name).toBe(name);
                if (n % 2 === 0) own(pool.acquire());
              };
              waiting.push({ name, cancel: pool.whenFree(called) });
            } else if (step === 'cancel' && waiting.length > 0) {
              waiting.splice(n % waiting.length, 1)[0]?.cancel();
            } else if (step === 'turn') {
              await microtasks();
            }
            expect(pool.freeCount).toBe(capacity - owned.length);
          }
          for (const { cancel } of waiting.splice(0)) cancel();
          for (const slot of owned.splice(0)) pool.release(slot);
          await microtasks();
          expect(pool.freeCount).toBe(capacity);
          for (let i = 0; i < capacity; i++) own(pool.acquire());
        },
      ),
      { numRuns: 300 },
    ));
});
