import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom, SystemSecureRandom } from './system-random.js';

const draw = (seed: number | string, count = 8): number[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('SeededRandom', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(draw(a)).toEqual(draw(a));
        if (a !== b) expect(draw(a)).not.toEqual(draw(b));
      }),
    );
    expect(draw(7)).toEqual(draw('7'));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('keeps its sequence across releases, so that a failing seed stays one', () => {
    const random = new SeededRandom('peerloom');
    expect(Array.from({ length: 6 }, () => random.integer(2 ** 31))).toMatchInlineSnapshot(`
      [
        293143776,
        1774408402,
        1456288810,
        76598669,
        1796962102,
        1438246508,
      ]
    `);
  });

  it('starts similar seeds apart: bits of their first numbers are even', () => {
    const ones = new Array<number>(16).fill(0);
    for (let seed = 0; seed < 4000; seed++) {
      const value = new SeededRandom(seed).integer(2 ** 16);
      for (let bit = 0; bit < 16; bit++) ones[bit] = (ones[bit] ?? 0) + ((value >> bit) & 1);
    }
    // Five standard deviations around the half; the seeds are fixed, so this cannot flicker.
    for (const count of ones) expect(Math.abs(count - 2000)).toBeLessThan(160);
  });

  it('stays in range and reaches both ends', () => {
    const random = new SeededRandom(1);
    for (const bound of [1, 2, 3, 7, 1000, 2 ** 31]) {
      const seen = Array.from({ length: 2000 }, () => random.integer(bound));
      expect(seen.every((value) => Number.isInteger(value) && value >= 0 && value < bound)).toBe(true);
      if (bound < 10) expect(new Set(seen).size).toBe(bound);
    }
    const fractions = Array.from({ length: 2000 }, () => random.next());
    expect(fractions.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(Math.min(...fractions)).toBeLessThan(0.01);
    expect(Math.max(...fractions)).toBeGreaterThan(0.99);
  });

  it('is even for a bound that does not divide 2^32', () => {
    const random = new SeededRandom('even');
    const bound = 3 * 2 ** 29;
    let low = 0;
    for (let i = 0; i < 9000; i++) if (random.integer(bound) < bound / 3) low++;
    // Without rejection the lowest third would come up half the time.
    expect(Math.abs(low - 3000)).toBeLessThan(230);
  });

  it.each([0, -1, 1.5, 2 ** 31 + 1, Number.NaN])('refuses the bound %d', (bound) => {
    expect(() => new SeededRandom(1).integer(bound)).toThrow(
      expect.objectContaining({ code: 'RANDOM_BOUND' }),
    );
  });
});

describe('SystemSecureRandom', () => {
  it('gives as many bytes as asked for, never the same, in memory of their own', () => {
    const random = new SystemSecureRandom();
    expect(random.bytes(0)).toHaveLength(0);
    const [a, b] = [random.bytes(32), random.bytes(32)];
    expect(a).toHaveLength(32);
    expect(a).not.toEqual(b);
    expect(a.buffer.byteLength).toBe(32);
    expect(a.constructor).toBe(Uint8Array);
  });
});
