import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexedHeap } from './indexed-heap.js';

interface Item {
  readonly id: number;
  rank: number;
}

describe('a heap that items may leave from the middle', () => {
  it('always has the first of those that are in it on top', () => {
    const steps = fc.array(fc.tuple(fc.nat(15), fc.nat(40)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (changes) => {
        const heap = new IndexedHeap<Item>((a, b) => a.rank < b.rank || (a.rank === b.rank && a.id < b.id));
        const items = Array.from({ length: 16 }, (_, id): Item => ({ id, rank: 0 }));
        const inside = new Set<Item>();
        for (const [index, rank] of changes) {
          const item = items[index] as Item;
          expect(heap.delete(item)).toBe(inside.delete(item));
          item.rank = rank;
          if (rank > 30) continue;
          heap.add(item);
          inside.add(item);
          expect(heap.size).toBe(inside.size);
          expect(heap.peek()).toBe([...inside].sort((a, b) => a.rank - b.rank || a.id - b.id)[0]);
        }
      }),
    );
  });

  it('is asked in few steps, however many are in it', () => {
    let steps = 0;
    const heap = new IndexedHeap<Item>((a, b) => {
      steps++;
      return a.rank < b.rank;
    });
    const items = Array.from({ length: 3_000 }, (_, id): Item => ({ id, rank: (id * 7_919) % 3_001 }));
    for (const item of items) heap.add(item);
    steps = 0;
    for (let round = 0; round < 1_000; round++) {
      const first = heap.peek() as Item;
      heap.delete(first);
      first.rank += 3_001;
      heap.add(first);
    }
    expect(steps).toBeLessThan(1_000 * 60);
  });
});
