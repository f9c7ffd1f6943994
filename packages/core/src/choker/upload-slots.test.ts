import { describe, expect, it } from 'vitest';
import { slotsByRate } from './upload-slots.js';

const KiB = 1024;

describe('slotsByRate', () => {
  it('gives one slot where nobody takes anything, so that somebody can begin', () => {
    expect(slotsByRate([])).toBe(1);
    expect(slotsByRate([0, 0, 0])).toBe(1);
    expect(slotsByRate([KiB - 1])).toBe(1);
  });

  it('gives one more than take what is asked of each: 1 KiB/s, then 2 KiB/s more of each', () => {
    expect(slotsByRate([KiB])).toBe(2);
    expect(slotsByRate([3 * KiB, KiB])).toBe(2);
    expect(slotsByRate([3 * KiB, 3 * KiB])).toBe(3);
    expect(slotsByRate([5 * KiB, 5 * KiB, 5 * KiB])).toBe(4);
    expect(slotsByRate([5 * KiB, 5 * KiB, 5 * KiB - 1])).toBe(3);
  });

  it('looks at the fastest first, whatever the order, and leaves the list as it is', () => {
    const rates = Object.freeze([0, 9 * KiB, 100, 9 * KiB]);
    expect(slotsByRate(rates)).toBe(3);
  });

  it('finds the number that an upload of so much can fill, and never gives it up for more', () => {
    for (const upload of [10 * KiB, 100 * KiB, 1000 * KiB]) {
      let slots = 1;
      for (let round = 0; round < 100; round++) {
        slots = slotsByRate(Array.from({ length: slots }, () => upload / slots));
      }
      // n slots that share the upload each need 1 + 2(n - 1) KiB/s: n is about the root of half the upload.
      const expected = Math.sqrt(upload / KiB / 2);
      expect(Math.abs(slots - expected)).toBeLessThanOrEqual(1.5);
    }
  });
});
