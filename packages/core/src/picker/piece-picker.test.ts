import { describe, expect, it } from 'vitest';
import { Bitfield } from '../common/bitfield.js';
import type { PickOptions } from './pick-options.js';
import { PiecePicker } from './piece-picker.js';
import { FakeRandom } from './random.fake.js';

type Block = readonly [piece: number, block: number];

function createPicker(pieceCount: number, blocksPerPiece = 1, seed = 1): PiecePicker {
  return new PiecePicker({ pieceCount, blocksIn: () => blocksPerPiece, random: new FakeRandom(seed) });
}

function bitfieldOf(length: number, pieces: readonly number[]): Bitfield {
  const bits = new Bitfield(length);
  for (const piece of pieces) bits.add(piece);
  return bits;
}

/** Connects a peer with these pieces. */
function connect(picker: PiecePicker, pieces: readonly number[]): Bitfield {
  const bits = bitfieldOf(picker.have.length, pieces);
  picker.addBitfield(bits);
  return bits;
}

function connectSeed(picker: PiecePicker): Bitfield {
  picker.addSeed();
  return Bitfield.full(picker.have.length);
}

function pick(
  picker: PiecePicker,
  peer: number,
  has: Bitfield,
  count: number,
  options: Partial<PickOptions> = {},
): Block[] {
  const given: Block[] = [];
  picker.pick(peer, { has, count, openableBlocks: 1_000, ...options }, (piece, block) => {
    given.push([piece, block]);
  });
  return given;
}

function pickPieces(...parameters: Parameters<typeof pick>): number[] {
  return pick(...parameters).map(([piece]) => piece);
}

describe('the order of new pieces', () => {
  it('is rarest first, seeds making no difference', () => {
    const picker = createPicker(4);
    const has = connectSeed(picker);
    connect(picker, [0, 1, 3]);
    connect(picker, [0, 3]);
    connect(picker, [3]);
    expect(pickPieces(picker, 1, has, 4)).toEqual([2, 1, 0, 3]);
  });

  it('follows haves, losses and peers that leave', () => {
    const picker = createPicker(3);
    const has = connectSeed(picker);
    const leaver = connect(picker, [0, 2]);
    expect(pickPieces(picker, 1, has, 1)).toEqual([1]);
    picker.releaseAll(1);
    picker.addHave(1);
    picker.addHave(1);
    picker.addHave(2);
    picker.removeHave(2);
    picker.removeBitfield(leaver);
    picker.addHave(0);
    expect(pickPieces(picker, 1, has, 3)).toEqual([2, 0, 1]);
    expect([0, 1, 2].map((piece) => picker.availability(piece))).toEqual([2, 3, 1]);
  });

  it('draws ties uniformly', () => {
    const draws = 3_000;
    const counts = [0, 0, 0, 0, 0, 0];
    for (let seed = 0; seed < draws; seed++) {
      const picker = createPicker(6, 1, seed * 7_919);
      const has = connectSeed(picker);
      for (const piece of pickPieces(picker, 1, has, 1)) counts[piece] = (counts[piece] ?? 0) + 1;
    }
    expect(chiSquare(counts)).toBeLessThan(20.5);
  });

  it('draws ties uniformly among what is left after others with other pieces took theirs', () => {
    const draws = 3_000;
    const counts = [0, 0, 0, 0];
    for (let seed = 0; seed < draws; seed++) {
      const picker = createPicker(5, 1, seed * 104_729);
      const wide = connect(picker, [0, 1, 2, 3, 4]);
      // A peer that has 4 alone takes it, after a look at an unknown part of the bucket.
      const narrow = connect(picker, [4]);
      picker.removeBitfield(narrow);
      expect(pickPieces(picker, 1, narrow, 1)).toEqual([4]);
      for (const piece of pickPieces(picker, 2, wide, 1)) counts[piece] = (counts[piece] ?? 0) + 1;
    }
    expect(chiSquare(counts)).toBeLessThan(16.3);
  });

  it('is the same for the same seed', () => {
    const orders = [0, 1].map(() => {
      const picker = createPicker(50, 1, 99);
      return pickPieces(picker, 1, connectSeed(picker), 50);
    });
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]).not.toEqual([...(orders[0] ?? [])].sort((a, b) => a - b));
  });

  it('puts higher priorities first and leaves priority 0 out', () => {
    const picker = createPicker(4);
    const has = connectSeed(picker);
    connect(picker, [1]);
    picker.setPriority(1, 7);
    picker.setPriority(2, 0);
    picker.setPriority(3, 1);
    expect(pickPieces(picker, 1, has, 4)).toEqual([1, 0, 3]);
    expect(picker.missingWanted).toBe(3);
  });

  it('goes by number in sequential mode, within a priority', () => {
    const picker = createPicker(5);
    const has = connectSeed(picker);
    connect(picker, [0, 1]);
    picker.setPriority(3, 5);
    picker.setSequential(true);
    expect(pickPieces(picker, 1, has, 3)).toEqual([3, 0, 1]);
    picker.setSequential(false);
    picker.releaseAll(1);
    picker.setPriority(3, 4);
    connect(picker, [2, 3]);
    expect(pickPieces(picker, 1, has, 1)).toEqual([4]);
  });

  it('tries suggested pieces before rarer ones, but not before higher priorities', () => {
    const picker = createPicker(4);
    const has = connectSeed(picker);
    connect(picker, [2, 3]);
    picker.setPriority(1, 6);
    expect(pickPieces(picker, 1, has, 3, { preferPieces: [3, 2] })).toEqual([1, 3, 2]);
  });

  it('gives a peer that chokes us nothing but allowed-fast pieces', () => {
    const picker = createPicker(4);
    const has = connect(picker, [1, 2]);
    connectSeed(picker);
    expect(pickPieces(picker, 1, has, 4, { onlyPieces: [3, 2] })).toEqual([2]);
  });
});

describe('deadlines', () => {
  it('come before everything, in order, and end when the piece is had', () => {
    const picker = createPicker(6, 2);
    const has = connectSeed(picker);
    picker.setPriority(0, 7);
    expect(pick(picker, 1, has, 1)).toEqual([[0, 0]]);
    picker.setDeadline(5, 10);
    picker.setDeadline(4, 5);
    picker.setDeadline(3, 5);
    picker.setDeadline(2, 1);
    picker.setDeadline(2, undefined);
    expect(pickPieces(picker, 1, has, 7)).toEqual([3, 3, 4, 4, 5, 5, 0]);
    picker.setHave(3);
    picker.setMissing(3);
    picker.setPriority(1, 6);
    expect(pickPieces(picker, 2, has, 2)).toEqual([1, 1]);
  });

  it('that are late are asked of a second peer, not of a third, before anything else', () => {
    const picker = createPicker(6, 2);
    const has = connectSeed(picker);
    picker.setDeadline(4, 2_000);
    picker.setDeadline(1, 1_000);
    expect(pick(picker, 1, has, 3)).toEqual([
      [1, 0],
      [1, 1],
      [4, 0],
    ]);
    picker.receive(1, 1, 0);
    picker.setLateOrder(1_000);
    expect(pick(picker, 2, has, 2)).toEqual([
      [4, 1],
      [1, 1],
    ]);
    expect(picker.requesters(1, 1)).toEqual([2, 1]);
    expect(pickPieces(picker, 3, has, 2)).not.toContain(1);
    picker.setLateOrder(2_000);
    expect(pick(picker, 3, has, 2)).toEqual([
      [4, 0],
      [4, 1],
    ]);
    expect(picker.deadlinePieces()).toEqual([1, 4]);
  });

  it('do not make an unwanted piece wanted', () => {
    const picker = createPicker(2);
    const has = connectSeed(picker);
    picker.setPriority(0, 0);
    picker.setDeadline(0, 1);
    expect(pickPieces(picker, 1, has, 2)).toEqual([1]);
  });
});

describe('open pieces', () => {
  it('are continued before new ones are opened, nearest completion first, then rarest', () => {
    const picker = createPicker(4, 3);
    const first = connect(picker, [0]);
    const second = connect(picker, [1]);
    const third = connect(picker, [2]);
    connect(picker, [1]);
    const has = connectSeed(picker);
    pick(picker, 1, first, 1);
    pick(picker, 2, second, 1);
    pick(picker, 3, third, 2);
    picker.receive(1, 0, 0);
    expect(pickPieces(picker, 4, has, 6)).toEqual([0, 0, 2, 1, 1, 3]);
  });

  it('wait for new pieces of a higher priority', () => {
    const picker = createPicker(3, 2);
    const has = connectSeed(picker);
    const [[started = 0] = []] = pick(picker, 1, has, 1);
    const urgent = (started + 1) % 3;
    picker.setPriority(urgent, 5);
    expect(pickPieces(picker, 2, has, 3)).toEqual([urgent, urgent, started]);
  });

  it('close when the last request ends and nothing of them is here', () => {
    const picker = createPicker(2, 2);
    const has = connectSeed(picker);
    const [[piece = 0] = []] = pick(picker, 1, has, 2);
    picker.release(1, piece, 0);
    expect(picker.isOpen(piece)).toBe(true);
    picker.release(1, piece, 1);
    expect(picker.isOpen(piece)).toBe(false);
    expect(picker.openMissingBlocks).toBe(0);
    pick(picker, 1, has, 2);
    picker.receive(1, [...picker.openPieces()][0] ?? 0, 0);
    picker.releaseAll(1);
    expect([...picker.openPieces()]).toHaveLength(1);
    expect(picker.openMissingBlocks).toBe(1);
  });

  it('count as stalled while nobody is asked for them', () => {
    const picker = createPicker(2, 4);
    const has = connectSeed(picker);
    const [[piece = 0] = []] = pick(picker, 1, has, 2);
    picker.receive(1, piece, 0);
    expect([picker.openMissingBlocks, picker.stalledMissingBlocks]).toEqual([3, 0]);
    picker.releaseAll(1);
    expect([picker.openMissingBlocks, picker.stalledMissingBlocks]).toEqual([3, 3]);
  });

  it('that are no longer wanted are not continued, and go on when wanted again', () => {
    const picker = createPicker(1, 3);
    const has = connectSeed(picker);
    pick(picker, 1, has, 1);
    picker.setPriority(0, 0);
    expect(pick(picker, 1, has, 2)).toEqual([]);
    expect(picker.receive(1, 0, 0)).toBe('first');
    picker.setPriority(0, 1);
    expect(pick(picker, 1, has, 1)).toEqual([[0, 1]]);
  });
});

describe('the slot budget', () => {
  it('lets new pieces be opened only while a full-size one fits', () => {
    const picker = createPicker(10, 4);
    const has = connectSeed(picker);
    const pieces = pickPieces(picker, 1, has, 100, { openableBlocks: 11 });
    expect(pieces).toHaveLength(8);
    expect(picker.openMissingBlocks).toBe(8);
    picker.release(1, pieces[0] ?? 0, 2);
    expect(pickPieces(picker, 2, has, 100, { openableBlocks: 0 })).toEqual([pieces[0]]);
  });

  it('lets a piece that never fits be opened when no other is being fetched', () => {
    const picker = createPicker(3, 100);
    const has = connectSeed(picker);
    expect(pick(picker, 1, has, 5, { openableBlocks: 0 })).toEqual([]);
    expect(new Set(pickPieces(picker, 1, has, 150, { openableBlocks: 40 })).size).toBe(1);
    expect(pick(picker, 2, has, 5, { openableBlocks: 40 })).toEqual([]);
    const [open = 0] = picker.openPieces();
    picker.receive(1, open, 0);
    picker.releaseAll(1);
    const lacking = connect(
      picker,
      [0, 1, 2].filter((piece) => piece !== open),
    );
    expect(pick(picker, 2, lacking, 5, { openableBlocks: 40 })).toHaveLength(5);
  });
});

describe('requests', () => {
  it('are given to one peer at a time and come back when released', () => {
    const picker = createPicker(1, 3);
    const has = connectSeed(picker);
    expect(pick(picker, 1, has, 2)).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(pick(picker, 2, has, 1)).toEqual([[0, 2]]);
    picker.release(1, 0, 0);
    picker.release(1, 0, 0);
    picker.release(2, 0, 1);
    expect(picker.isRequestedBy(1, 0, 1)).toBe(true);
    expect(pick(picker, 2, has, 1)).toEqual([[0, 0]]);
    expect(picker.requesters(0, 0)).toEqual([2]);
  });

  it('are never for a block that this peer must not be asked for', () => {
    const picker = createPicker(2, 2);
    const has = connectSeed(picker);
    const canPick = (piece: number, block: number): boolean => piece === 1 && block === 1;
    expect(pick(picker, 1, has, 9, { canPick })).toEqual([[1, 1]]);
    expect(pick(picker, 1, has, 9, { canPick: () => false })).toEqual([]);
  });

  it('are not given to a sink after it ended them', () => {
    const picker = createPicker(1, 4);
    const has = connectSeed(picker);
    const given: Block[] = [];
    const count = picker.pick(1, { has, count: 4, openableBlocks: 10 }, (piece, block) => {
      given.push([piece, block]);
      if (block === 1) picker.releaseAll(1);
    });
    expect(given).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(count).toBe(2);
    expect(picker.isOpen(0)).toBe(false);
  });

  it('may be picked for another peer inside a sink', () => {
    const picker = createPicker(1, 4);
    const has = connectSeed(picker);
    const given: string[] = [];
    picker.pick(1, { has, count: 2, openableBlocks: 10 }, (_, block) => {
      given.push(`1:${block}`);
      picker.pick(2, { has, count: 1, openableBlocks: 10 }, (__, other) => {
        given.push(`2:${other}`);
      });
    });
    expect(given).toEqual(['1:0', '2:2', '1:1', '2:3']);
  });

  it('that a plugin sends itself count, once, where the block is still wanted', () => {
    const picker = createPicker(2, 2);
    const has = connectSeed(picker);
    expect([picker.mark(1, 0, 1), picker.mark(1, 0, 1), picker.mark(1, 0, 2)]).toEqual([true, true, false]);
    expect(picker.requesters(0, 1)).toEqual([1]);
    expect(picker.receive(1, 0, 1)).toBe('first');
    expect(picker.mark(1, 0, 1)).toBe(false);
    picker.setPriority(1, 0);
    expect(picker.mark(1, 1, 0)).toBe(false);
    expect(pick(picker, 2, has, 5)).toEqual([[0, 0]]);
  });
});

describe('blocks that arrive', () => {
  it('are first once, then duplicates, had or not', () => {
    const picker = createPicker(1, 2);
    const has = connectSeed(picker);
    pick(picker, 1, has, 2);
    expect(pick(picker, 2, has, 2)).toHaveLength(2);
    expect(picker.receive(2, 0, 0)).toBe('first');
    expect(picker.requesters(0, 0)).toEqual([1]);
    expect(picker.receive(1, 0, 0)).toBe('duplicate');
    expect(picker.receive(1, 0, 1)).toBe('first');
    picker.seal(0);
    expect(picker.receive(2, 0, 1)).toBe('duplicate');
    picker.piecePassed(0);
    expect(picker.receive(2, 0, 1)).toBe('duplicate');
  });

  it('are unwanted where the piece is not open or the block not in it', () => {
    const picker = createPicker(2, 2);
    expect(picker.receive(1, 0, 0)).toBe('unwanted');
    picker.mark(1, 0, 0);
    expect(picker.receive(1, 0, 2)).toBe('unwanted');
    expect(picker.receive(2, 0, 1)).toBe('first');
  });

  it('are known as requested until they come, though the piece is had by then', () => {
    const picker = createPicker(2, 1);
    const has = connectSeed(picker);
    pick(picker, 1, has, 2);
    pick(picker, 2, has, 2);
    picker.receive(1, 0, 0);
    picker.seal(0);
    picker.piecePassed(0);
    expect(picker.isRequestedBy(2, 0, 0)).toBe(true);
    picker.release(2, 0, 0);
    expect(picker.isRequestedBy(2, 0, 0)).toBe(false);
  });

  it('make a piece complete, which is sealed, and then had or missing again', () => {
    const picker = createPicker(2, 2);
    const has = connectSeed(picker);
    const [[piece = 0] = []] = pick(picker, 1, has, 2);
    picker.seal(piece);
    expect(picker.isOpen(piece)).toBe(true);
    picker.receive(1, piece, 0);
    expect(picker.isComplete(piece)).toBe(false);
    picker.receive(1, piece, 1);
    expect(picker.isComplete(piece)).toBe(true);
    picker.seal(piece);
    expect([picker.isOpen(piece), picker.has(piece), [...picker.openPieces()]]).toEqual([false, false, []]);
    picker.pieceFailed(piece);
    expect([0, 1].map((block) => picker.blockState(piece, block))).toEqual(['missing', 'missing']);
    expect(picker.missingWanted).toBe(2);
    for (const [again, block] of pick(picker, 1, has, 4)) picker.receive(1, again, block);
    for (const complete of [0, 1]) {
      picker.seal(complete);
      picker.piecePassed(complete);
    }
    expect(picker.missingWanted).toBe(0);
    expect(picker.have.isFull).toBe(true);
    expect(pick(picker, 1, has, 1)).toEqual([]);
  });

  it('of a failed piece are still expected from those asked for a copy', () => {
    const picker = createPicker(1, 1);
    const has = connectSeed(picker);
    pick(picker, 1, has, 1);
    pick(picker, 2, has, 1);
    picker.receive(1, 0, 0);
    picker.seal(0);
    picker.pieceFailed(0);
    expect(picker.blockState(0, 0)).toBe('requested');
    expect(picker.receive(2, 0, 0)).toBe('first');
  });

  it('that are with a plugin are neither missing nor had until they are given back', () => {
    const picker = createPicker(1, 2);
    const has = connectSeed(picker);
    pick(picker, 1, has, 1);
    picker.release(1, 0, 0);
    picker.withPlugin(0, 0, true);
    expect(picker.blockState(0, 0)).toBe('withPlugin');
    expect(pick(picker, 1, has, 2)).toEqual([[0, 1]]);
    picker.release(1, 0, 1);
    expect(picker.isOpen(0)).toBe(true);
    picker.withPlugin(0, 0, false);
    expect(picker.isOpen(0)).toBe(false);
    picker.withPlugin(0, 1, true);
    expect(picker.receive(1, 0, 1)).toBe('first');
    picker.withPlugin(0, 1, true);
    expect(picker.blockState(0, 1)).toBe('received');
  });
});

describe('the end game', () => {
  it('asks up to three peers for a block, fewest asked first, no peer twice', () => {
    const picker = createPicker(1, 2);
    const has = connectSeed(picker);
    pick(picker, 1, has, 1);
    expect(picker.isEndGame).toBe(false);
    pick(picker, 2, has, 1);
    expect(picker.isEndGame).toBe(true);
    expect(pick(picker, 1, has, 5)).toEqual([[0, 1]]);
    expect(pick(picker, 3, has, 1)).toEqual([[0, 0]]);
    expect(pick(picker, 4, has, 1)).toHaveLength(1);
    expect(pick(picker, 5, has, 5)).toHaveLength(1);
    expect(pick(picker, 6, has, 5)).toEqual([]);
    expect(picker.requesters(0, 0)).toHaveLength(3);
    expect(picker.requesters(0, 1)).toHaveLength(3);
  });

  it('does not wait for pieces that no connected peer has', () => {
    const picker = createPicker(2, 1);
    const has = connect(picker, [0]);
    pick(picker, 1, has, 1);
    expect(picker.isEndGame).toBe(true);
    expect(pick(picker, 2, has, 1)).toEqual([[0, 0]]);
    picker.addSeed();
    expect(picker.isEndGame).toBe(false);
  });

  it('does not begin while a block is free, and ends when one is again', () => {
    const picker = createPicker(1, 2);
    const has = connectSeed(picker);
    pick(picker, 1, has, 2);
    expect(picker.isEndGame).toBe(true);
    picker.release(1, 0, 1);
    expect(picker.isEndGame).toBe(false);
    expect(pick(picker, 2, has, 1)).toEqual([[0, 1]]);
  });
});

describe('exclusive pieces', () => {
  it('come from the first peer that is given a block, and from nobody else', () => {
    const picker = createPicker(1, 3);
    const has = connectSeed(picker);
    picker.setExclusive(0, 'any-single');
    pick(picker, 1, has, 1);
    expect(pick(picker, 2, has, 3)).toEqual([]);
    expect(picker.mark(2, 0, 1)).toBe(false);
    expect(picker.receive(2, 0, 1)).toBe('unwanted');
    expect(pick(picker, 1, has, 3)).toHaveLength(2);
    expect(pick(picker, 2, has, 3)).toEqual([]);
    for (let block = 0; block < 3; block++) picker.receive(1, 0, block);
    picker.seal(0);
    picker.pieceFailed(0);
    expect(pick(picker, 2, has, 1)).toHaveLength(1);
  });

  it('are kept for a peer that is named', () => {
    const picker = createPicker(2, 1);
    const has = connectSeed(picker);
    picker.setExclusive(0, 7);
    expect(pickPieces(picker, 1, has, 2)).toEqual([1]);
    expect(pickPieces(picker, 7, has, 1)).toEqual([0]);
    picker.releaseAll(7);
    picker.setExclusive(0, undefined);
    expect(pickPieces(picker, 1, has, 2)).toEqual([0]);
  });

  it('are free again when their peer leaves, begun ones after they are aborted', () => {
    const picker = createPicker(3, 2);
    const has = connectSeed(picker);
    for (const piece of [0, 1]) picker.setExclusive(piece, 7);
    picker.setExclusive(2, 'any-single');
    const canPick = (piece: number): boolean => piece !== 1;
    expect(pickPieces(picker, 7, has, 4, { canPick })).toEqual([0, 0, 2, 2]);
    picker.receive(7, 0, 0);
    picker.receive(7, 2, 1);
    expect([...picker.removePeer(7)].sort()).toEqual([0, 2]);
    expect(pickPieces(picker, 1, has, 9)).toEqual([1, 1]);
    for (const piece of [0, 2]) picker.pieceAborted(piece);
    expect(pickPieces(picker, 2, has, 9).sort()).toEqual([0, 0, 2, 2]);
    expect(pick(picker, 3, has, 9).every(([piece]) => piece === 1)).toBe(true);
  });
});

describe('what is wanted', () => {
  it('is what has a priority and is not had', () => {
    const picker = createPicker(4);
    picker.setHave(1);
    picker.setHave(3);
    picker.setPriority(2, 0);
    picker.setMissing(1);
    expect([0, 1, 2, 3].map((piece) => picker.isWanted(piece))).toEqual([true, true, false, false]);
  });
});

/** How far counts are from equal; 5 degrees of freedom pass 20.5, 3 pass 16.3, once in a thousand. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((total, count) => total + count, 0) / counts.length;
  return counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
}
