import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { layout, makeRig, type Rig, turn } from './piece-downloads-rig.fake.js';

/** The last piece has two blocks: in a pool of this many slots it is not spilled, and the others are. */
const slotCount = 20;
const small = 2;

/** A block of `piece` from a peer with this connection id. */
async function deliver(
  rig: Rig,
  piece: number,
  block: number,
  isGood: boolean,
  peerIndex = 0,
): Promise<void> {
  const remote = rig.remotes[peerIndex];
  if (remote === undefined) throw new Error('no such peer');
  rig.picker.mark(remote.state.connectionId, piece, block);
  remote.asked.unshift([piece, block]);
  await rig.run({ type: 'begin', peer: peerIndex });
  await rig.run({ type: 'finish', peer: peerIndex, isGood });
}

describe('a piece whose hash is wrong', () => {
  it('keeps its blocks readable while a hold is open, and opens again after the last one', async () => {
    const { rig } = await makeRig(slotCount, 1);
    const first = rig.downloads;
    rig.holdNext = 2;
    await deliver(rig, small, 0, false);
    await deliver(rig, small, 1, true);
    await rig.run({ type: 'settle', index: 0, fails: false });
    expect(rig.holds).toHaveLength(2);
    expect(() => first.hold(small, rig.scope), 'outside of onPieceFailed').toThrow(
      expect.objectContaining({ code: 'PLUGIN_PIECE_HOLD' }),
    );
    expect(rig.scope.usage.holds).toBe(2);
    rig.holds[0]?.release();
    rig.holds[0]?.release();
    expect((await first.read(small, 0))?.slice(0, 3)).toEqual(new Uint8Array([small + 1, 1, 2]));
    expect(rig.picker.isOpen(small)).toBe(false);
    expect(rig.holds.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    rig.holds[1]?.release();
    expect(rig.holds[1]?.isOpen).toBe(false);
    expect(first.read(small, 0)).toBeUndefined();
    expect(rig.pool.ownedCount).toBe(0);
    expect(rig.picker.blockState(small, 0)).toBe('missing');
  });

  it('is held for ten seconds at most, and no longer than the plugin is there', async () => {
    for (const end of ['time', 'leave'] as const) {
      const { rig } = await makeRig(slotCount, 1);
      rig.holdNext = 1;
      await deliver(rig, small, 0, false);
      await deliver(rig, small, 1, true);
      await rig.run({ type: 'settle', index: 0, fails: false });
      rig.clock.advance(9_999);
      expect(rig.pool.ownedCount).toBe(2);
      expect(rig.holds[0]?.isOpen).toBe(true);
      if (end === 'time') rig.clock.advance(1);
      else rig.scope.close();
      expect(rig.holds[0]?.isOpen).toBe(false);
      expect(rig.pool.ownedCount).toBe(0);
      expect(rig.clock.timerCount).toBe(0);
      expect(rig.scope.usage.holds).toBe(0);
    }
  });

  it('can be held while it is failed only', async () => {
    const { rig } = await makeRig(slotCount, 1);
    await deliver(rig, small, 0, true);
    expect(() => rig.downloads.hold(small, rig.scope)).toThrow(
      expect.objectContaining({ code: 'PLUGIN_PIECE_HOLD' }),
    );
    expect(rig.scope.usage.holds).toBe(0);
  });
});

describe('who sent what', () => {
  it('names the sender of each block, and keeps the digest of another copy', async () => {
    const { rig } = await makeRig(slotCount, 1);
    rig.cancelRequests = () => {};
    const [a, b] = rig.remotes;
    if (a === undefined || b === undefined) throw new Error('no peers');
    rig.picker.mark(b.state.connectionId, small, 0);
    await deliver(rig, small, 0, true, 0);
    await deliver(rig, small, 0, false, 1);
    const copy = new Uint8Array(layout.blockSize(small, 0));
    copy.set([small + 1, 1, 2]);
    const duplicateDigest = createHash('sha1').update(copy).digest();
    expect(rig.downloads.sources(small)).toEqual([
      { block: 0, peer: a.state, duplicateDigest: undefined },
      { block: 0, peer: b.state, duplicateDigest },
    ]);
    expect((await rig.downloads.read(small, 0))?.[2]).toBe(1);
  });
});

describe('writes', () => {
  it('that fail stop the torrent with the error, and the piece is written again when told', async () => {
    const { rig, memory } = await makeRig(slotCount, 1);
    await deliver(rig, small, 0, true);
    await deliver(rig, small, 1, true);
    await rig.run({ type: 'settle', index: 0, fails: true });
    expect(rig.storageErrors.map(({ code }) => code)).toEqual(['STORAGE_IO']);
    expect(rig.picker.has(small)).toBe(false);
    expect(rig.downloads.unwrittenPieces()).toEqual([small]);
    expect((await rig.downloads.read(small, 0))?.slice(0, 3)).toEqual(new Uint8Array([small + 1, 1, 1]));
    expect(memory.get('stamped')).toBeUndefined();
    await rig.run({ type: 'retry' });
    await rig.run({ type: 'settle', index: 0, fails: false });
    expect(rig.picker.has(small)).toBe(true);
    expect(rig.downloads.unwrittenPieces()).toEqual([]);
    expect(rig.pool.ownedCount).toBe(0);
  });

  it('of single blocks of a large piece that fail are done again, and nothing else of it', async () => {
    const { rig, memory } = await makeRig(slotCount, 1);
    for (const block of [0, 1, 2, 3]) await deliver(rig, 0, block, true);
    await rig.run({ type: 'settle', index: 2, fails: true });
    while (rig.storage.pending.length > 0) await rig.run({ type: 'settle', index: 0, fails: false });
    expect(rig.storageErrors).toHaveLength(1);
    expect(rig.pool.ownedCount).toBe(1);
    expect((await rig.downloads.read(0, 2))?.slice(0, 3)).toEqual(new Uint8Array([1, 3, 1]));
    expect(rig.picker.has(0), 'hashed while a block is not written').toBe(false);
    await rig.run({ type: 'retry' });
    expect(rig.storage.pending.map(({ name }) => name)).toEqual(['writeBlock']);
    await rig.run({ type: 'settle', index: 0, fails: false });
    await rig.run({ type: 'settle', index: 0, fails: false });
    expect(rig.picker.has(0)).toBe(true);
    expect(rig.pool.ownedCount).toBe(0);
    expect(memory.get('stamped')?.[2 * 16_384 + 1]).toBe(3);
  });

  it('that failed give their slots up to others that need them, and the piece is fetched again', async () => {
    const { rig } = await makeRig(slotCount, 1);
    for (const block of [0, 1]) await deliver(rig, small, block, true);
    await deliver(rig, 0, 0, true);
    await rig.run({ type: 'settle', index: 0, fails: true });
    await rig.run({ type: 'settle', index: 0, fails: true });
    expect(rig.downloads.unwrittenPieces()).toEqual([small, 0]);
    await rig.run({ type: 'relieve' });
    expect(rig.downloads.unwrittenPieces()).toEqual([small]);
    await rig.run({ type: 'relieve' });
    expect(rig.pool.ownedCount).toBe(0);
    expect(rig.picker.blockState(small, 0)).toBe('missing');
    expect(rig.picker.blockState(0, 0)).toBe('missing');
  });

  it('that are gone when a large piece is looked at are the fault of the medium, not of the peers', async () => {
    const { rig } = await makeRig(slotCount, 1);
    for (const block of [0, 1, 2, 3]) await deliver(rig, 0, block, true);
    rig.badPieces.clear();
    rig.pieceFailed = () => {
      throw new Error('the peers were blamed');
    };
    // Writes that say they worked, on a medium that keeps nothing.
    rig.storage.losesWrites = true;
    while (rig.storage.pending.length > 0) await rig.run({ type: 'settle', index: 0, fails: false });
    expect(rig.storageErrors.map(({ code }) => code)).toEqual(['STORAGE_SHORT']);
    expect(rig.pool.ownedCount).toBe(0);
    expect(rig.picker.blockState(0, 0)).toBe('missing');
  });

  it('of a piece that was given up end before the piece is hashed the next time', async () => {
    const { rig, memory } = await makeRig(slotCount, 1);
    await deliver(rig, 0, 3, false);
    rig.downloads.abort(0);
    for (const block of [0, 1, 2, 3]) await deliver(rig, 0, block, true);
    const [late, ...writes] = [...rig.storage.pending];
    for (const write of writes) await write.settle(false);
    await turn();
    expect(rig.storage.pending).toEqual([late]);
    expect(rig.picker.has(0)).toBe(false);
    await late?.settle(false);
    await turn();
    await rig.settle(0, false);
    await turn();
    // The late write has spoilt the piece; a hash taken before it would have said that it is good.
    expect(memory.get('stamped')?.[3 * 16_384 + 2]).toBe(2);
    expect(rig.picker.has(0)).toBe(false);
    expect(rig.picker.blockState(0, 3)).toBe('missing');
  });
});

describe('a plugin that acts when copies of a block are cancelled', () => {
  it('may abort the piece, or close the torrent, and no slot is lost', async () => {
    for (const act of ['abort', 'close'] as const) {
      for (const piece of [0, small]) {
        const { rig } = await makeRig(slotCount, 1);
        rig.cancelRequests = () => (act === 'abort' ? rig.downloads.abort(piece) : rig.close());
        await deliver(rig, piece, 0, true);
        for (const call of [...rig.storage.pending]) await call.settle(false);
        await turn();
        expect(rig.pool.ownedCount).toBe(0);
      }
    }
  });
});
