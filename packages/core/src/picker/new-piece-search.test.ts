import { beforeEach, describe, expect, it } from 'vitest';
import { Bitfield } from '../common/bitfield.js';
import { Availability } from './availability.js';
import { Candidates } from './candidates.js';
import { NewPieceSearch } from './new-piece-search.js';
import { Priorities } from './priorities.js';
import { FakeRandom } from './random.fake.js';

const pieceCount = 2_000;
/** More than the change log keeps at this number of pieces. */
const changes = 1_025;

describe('a search for a peer that lacks the rarest half', () => {
  let candidates: Candidates;
  let priorities: Priorities;
  let search: NewPieceSearch;
  let has: Bitfield;
  let refused: Set<number>;

  function find(minPriority = 0): number {
    return search.find(has, minPriority, { accepts: (piece) => !refused.has(piece) });
  }

  function announce(piece: number): void {
    has.add(piece);
    candidates.changeHolders(piece, 1);
  }

  beforeEach(() => {
    const random = new FakeRandom(1);
    const availability = new Availability(pieceCount);
    priorities = new Priorities(pieceCount);
    candidates = new Candidates(pieceCount, priorities, availability, random);
    search = new NewPieceSearch(candidates, priorities, random);
    has = new Bitfield(pieceCount);
    refused = new Set();
    // Three others have what this peer has, so that one have more leaves a piece rarer still.
    for (let piece = pieceCount / 2; piece < pieceCount; piece++) {
      announce(piece);
      for (let other = 0; other < 3; other++) candidates.changeHolders(piece, 1);
    }
    expect(find()).toBeGreaterThanOrEqual(pieceCount / 2);
  });

  it('finds a rare piece that it announced since', () => {
    announce(7);
    expect(find()).toBe(7);
    candidates.remove(7);
    expect(find()).toBeGreaterThanOrEqual(pieceCount / 2);
    candidates.insert(7);
    expect(find()).toBe(7);
  });

  it('finds it though more changed since than the log keeps', () => {
    announce(7);
    for (let change = 0; change < changes; change++) candidates.changeHolders(pieceCount - 1, 1);
    expect(find()).toBe(7);
  });

  it('finds the rarest though it announced more since than are kept as exceptions', () => {
    for (let piece = 0; piece < 100; piece++) {
      announce(piece);
      if (piece !== 99) candidates.changeHolders(piece, 1);
    }
    expect(find()).toBe(99);
  });

  it('does not find a piece that it lost', () => {
    announce(7);
    expect(find()).toBe(7);
    has.delete(7);
    candidates.changeHolders(7, -1);
    expect(find()).toBeGreaterThanOrEqual(pieceCount / 2);
  });

  it('prefers the rarer of two, and a higher priority to both', () => {
    announce(7);
    announce(8);
    candidates.changeHolders(8, 1);
    expect(find()).toBe(7);
    candidates.changePriority(1_500, 5);
    expect(find()).toBe(1_500);
    expect(find(4)).toBe(1_500);
    expect(find(5)).toBe(-1);
    candidates.changePriority(1_500, 4);
    expect(find(3)).toBe(7);
    expect(find(4)).toBe(-1);
  });

  it('does not prefer a piece that was rare and is common by now', () => {
    announce(7);
    expect(find()).toBe(7);
    for (let other = 0; other < 10; other++) candidates.changeHolders(7, 1);
    expect(find()).toBeGreaterThanOrEqual(pieceCount / 2);
  });

  it('comes back to what the filter refused once it accepts', () => {
    announce(7);
    refused.add(7);
    expect(find()).toBeGreaterThanOrEqual(pieceCount / 2);
    // Passed over on the walk itself, not only as a change.
    for (let change = 0; change < changes; change++) candidates.changeHolders(pieceCount - 1, 1);
    expect(find()).toBeGreaterThanOrEqual(pieceCount / 2);
    refused.clear();
    expect(find()).toBe(7);
  });

  it('starts over when the order becomes another', () => {
    candidates.changeHolders(pieceCount / 2 + 5, 1);
    candidates.setSequential(true);
    // Twice, since nothing was done with what was found.
    expect(find()).toBe(pieceCount / 2);
    expect(find()).toBe(pieceCount / 2);
    announce(7);
    expect(find()).toBe(7);
    candidates.setSequential(false);
    expect(find()).toBe(7);
  });

  it('knows no bounds for a peer that has everything by now', () => {
    has.setAll();
    expect(find()).toBeLessThan(pieceCount / 2);
  });

  it('finds nothing where nothing is left', () => {
    for (let piece = pieceCount / 2; piece < pieceCount; piece++) candidates.remove(piece);
    expect(find()).toBe(-1);
    candidates.insert(1_999);
    expect(find()).toBe(1_999);
  });
});

describe('a search for a peer with few pieces', () => {
  it('draws ties between them uniformly', () => {
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 1_200; seed++) {
      const random = new FakeRandom(seed * 7_919);
      const priorities = new Priorities(pieceCount);
      const candidates = new Candidates(pieceCount, priorities, new Availability(pieceCount), random);
      const has = new Bitfield(pieceCount);
      for (const piece of [100, 900, 1_700]) {
        has.add(piece);
        candidates.changeHolders(piece, 1);
      }
      const found = new NewPieceSearch(candidates, priorities, random).find(has, 0, { accepts: () => true });
      counts.set(found, (counts.get(found) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([100, 900, 1_700]);
    // Four standard deviations of a binomial count.
    for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(66);
  });
});
