import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemoryStorage } from '../disk/memory-storage.js';
import {
  type Command,
  content,
  layout,
  makeRig,
  peerCount,
  pieceLength,
  type Rig,
  turn,
} from './piece-downloads-rig.fake.js';

const peer = fc.nat({ max: peerCount - 1 });
const piece = fc.nat({ max: layout.pieceCount - 1 });
const isGood = fc.integer({ min: 0, max: 19 }).map((n) => n > 0);
const fails = fc.integer({ min: 0, max: 14 }).map((n) => n === 0);

function typed<const T extends Command['type']>(...types: readonly T[]): { type: fc.Arbitrary<T> } {
  return { type: fc.constantFrom(...types) };
}

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ ...typed('deliver'), peer, isGood }) },
  { weight: 6, arbitrary: fc.record({ ...typed('request', 'begin'), peer }) },
  { weight: 4, arbitrary: fc.record({ ...typed('finish'), peer, isGood }) },
  { weight: 1, arbitrary: fc.record({ ...typed('leave'), peer }) },
  { weight: 10, arbitrary: fc.record({ ...typed('settle'), index: fc.nat(20), fails }) },
  { weight: 2, arbitrary: fc.record({ ...typed('abort', 'exclusive'), piece }) },
  { weight: 1, arbitrary: fc.record({ ...typed('read'), piece, block: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record(typed('relieve', 'hold', 'releaseHolds', 'wait')) },
  { weight: 2, arbitrary: fc.record(typed('retry')) },
);

function expectPiecesRight({ picker }: Rig, memory: MemoryStorage): void {
  const written = memory.get('stamped');
  picker.have.forEach((had) => {
    const [start, end] = [had * pieceLength, (had + 1) * pieceLength];
    expect(Buffer.from(written?.subarray(start, end) ?? []).equals(content.subarray(start, end))).toBe(true);
  });
}

/** Pools in which all pieces fit, only small ones do, and none does: the others are spilled. */
const capacity = fc.constantFrom(64, 20, 10);
const commands = fc.array(command, { maxLength: 150, size: 'max' });

describe('slots of pieces on their way', () => {
  it('have one owner each, whatever interleaves, and are all free at the end', async () => {
    await fc.assert(
      fc.asyncProperty(capacity, fc.nat(), commands, async (slotCount, seed, list) => {
        const { rig, memory } = await makeRig(slotCount, seed);
        for (const next of list) {
          await rig.run(next);
          expect(rig.pool.ownedCount).toBe(rig.expectedOwned());
        }
        await rig.finish();
        expect(rig.pool.ownedCount).toBe(0);
        expect(rig.scope.usage.holds).toBe(0);
        expect(rig.clock.timerCount).toBe(0);
        expect(rig.storage.violations).toEqual([]);
        expect(rig.wrongFailures).toEqual([]);
        expect(rig.wrongReads).toEqual([]);
        expectPiecesRight(rig, memory);
      }),
      { numRuns: 150 },
    );
  });

  it('are free once a torrent that closes at any time has ended its writes', async () => {
    await fc.assert(
      fc.asyncProperty(capacity, fc.nat(), commands, commands, async (slotCount, seed, before, after) => {
        const { rig, memory } = await makeRig(slotCount, seed);
        for (const next of before) await rig.run(next);
        rig.close();
        await turn();
        expect(rig.pool.ownedCount).toBe(rig.expectedOwned());
        const errors = rig.storageErrors.length;
        for (const next of after) {
          await rig.run(next);
          expect(rig.pool.ownedCount).toBe(rig.expectedOwned());
        }
        await rig.finish();
        expect(rig.pool.ownedCount).toBe(0);
        expect(rig.storageErrors).toHaveLength(errors);
        expect(rig.storage.violations).toEqual([]);
        expectPiecesRight(rig, memory);
      }),
      { numRuns: 60 },
    );
  });

  it('carry a whole torrent through, with good peers', async () => {
    for (const slotCount of [64, 20, 10]) {
      const { rig, memory } = await makeRig(slotCount, 7);
      for (let round = 0; round < 40; round++) {
        for (let index = 0; index < peerCount; index++) {
          await rig.run({ type: 'request', peer: index });
          await rig.run({ type: 'begin', peer: index });
          await rig.run({ type: 'finish', peer: index, isGood: true });
          await rig.run({ type: 'settle', index: 0, fails: false });
        }
      }
      await rig.finish();
      expect(rig.picker.missingWanted).toBe(0);
      expectPiecesRight(rig, memory);
      expect(Buffer.from(memory.get('stamped') ?? []).equals(content)).toBe(true);
    }
  });
});
