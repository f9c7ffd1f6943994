import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexSet } from './index-set.js';

describe('IndexSet', () => {
  it('finds the next member as a plain set does, across words and summary words', () => {
    const capacity = 2_100;
    const index = fc.nat({ max: capacity - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), index), { maxLength: 60 }), index, (changes, from) => {
        const set = new IndexSet(capacity);
        const plain = new Set<number>();
        for (const [isAdded, member] of changes) {
          const before = plain.has(member);
          expect(isAdded ? set.add(member) : set.delete(member)).toBe(isAdded ? !before : before);
          if (isAdded) plain.add(member);
          else plain.delete(member);
          expect(set.has(member)).toBe(isAdded);
        }
        expect(set.count).toBe(plain.size);
        const later = [...plain].filter((member) => member >= from);
        expect(set.next(from)).toBe(later.length === 0 ? -1 : Math.min(...later));
      }),
    );
  });

  it.each([0, 1, 31, 32, 33, 1_024, 1_025])('is full with %i members and none beyond', (capacity) => {
    const set = IndexSet.full(capacity);
    const members: number[] = [];
    for (let member = set.next(0); member >= 0; member = set.next(member + 1)) members.push(member);
    expect(members).toEqual(Array.from({ length: capacity }, (_, member) => member));
    expect(set.count).toBe(capacity);
    expect(set.has(capacity)).toBe(false);
    expect(set.next(capacity)).toBe(-1);
  });

  it('ends where the last words are empty', () => {
    const set = IndexSet.full(3_000);
    for (let member = 40; member < 3_000; member++) set.delete(member);
    expect(set.next(40)).toBe(-1);
    expect(set.next(39)).toBe(39);
  });
});
