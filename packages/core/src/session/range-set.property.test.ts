import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from './range-set.js';

const range = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 }))
  .map(([first, length]) => ({ first, last: first + length }));

describe('a set of ranges', () => {
  it('has exactly what one of its ranges has, however they overlap and in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), (ranges) => {
        const set = new RangeSet(ranges);
        for (let key = -1; key <= 70; key++) {
          expect(set.has(key)).toBe(ranges.some(({ first, last }) => first <= key && key <= last));
        }
      }),
    );
  });

  it('counts ranges that overlap as one', () => {
    expect(new RangeSet([]).size).toBe(0);
    const set = new RangeSet<string>([
      { first: 'b', last: 'd' },
      { first: 'x', last: 'x' },
      { first: 'a', last: 'c' },
      { first: 'bb', last: 'bc' },
    ]);
    expect(set.size).toBe(2);
    expect(['0', 'a', 'd', 'e', 'x', 'y'].filter((key) => set.has(key))).toEqual(['a', 'd', 'x']);
  });
});
