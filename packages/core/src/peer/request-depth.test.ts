import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockLength } from '../common/block.js';
import { RequestDepth } from './request-depth.js';

/** A depth that has left slow start. */
function settled(): RequestDepth {
  const depth = new RequestDepth();
  depth.tick(1_000);
  depth.tick(1_000);
  return depth;
}

describe('how many requests are under way', () => {
  it('is what the peer sends in the queue time', () => {
    const depth = settled();
    expect(depth.blocks(10 * blockLength, 3_000, 500)).toBe(30);
    expect(depth.blocks(10 * blockLength, 1_000, 500)).toBe(10);
    expect(depth.blocks(10 * blockLength + 1, 3_000, 500)).toBe(31);
  });

  it('is four at least, and no more than the peer queues', () => {
    const depth = settled();
    expect(depth.blocks(0, 3_000, 500)).toBe(4);
    expect(depth.blocks(1e9, 3_000, 500)).toBe(500);
    expect(depth.blocks(1e9, 3_000, 64)).toBe(64);
    expect(depth.blocks(0, 3_000, 2)).toBe(2);
    expect(depth.blocks(1e9, 3_000, 0)).toBe(1);
  });

  it('doubles each round trip in slow start, and is never below what the rate calls for', () => {
    const depth = new RequestDepth();
    const depths = [0, 1, 2, 3].map(() => {
      const blocks = depth.blocks(0, 3_000, 500);
      // Every request of this round trip is answered before the next.
      for (let i = 0; i < blocks; i++) depth.onBlock();
      return blocks;
    });
    expect(depths).toEqual([4, 8, 16, 32]);
    expect(depth.blocks(50 * blockLength, 3_000, 500)).toBe(150);
  });

  it('is in slow start while the rate grows, and before anything came', () => {
    const depth = new RequestDepth();
    for (let i = 0; i < 96; i++) depth.onBlock();
    for (const rate of [0, 0, 10_000, 20_000, 40_000]) {
      depth.tick(rate);
      expect(depth.blocks(0, 3_000, 500)).toBe(100);
    }
    depth.tick(43_999);
    expect(depth.blocks(0, 3_000, 500)).toBe(4);
    depth.onBlock();
    depth.tick(100_000);
    expect(depth.blocks(0, 3_000, 500)).toBe(4);
  });

  it('is within its limits and grows with the rate, whatever the input', () => {
    const rate = fc.nat();
    fc.assert(
      fc.property(rate, rate, fc.nat({ max: 3_000 }), fc.nat({ max: 600 }), (rateA, rateB, max, blocks) => {
        const depth = new RequestDepth();
        for (let i = 0; i < blocks; i++) depth.onBlock();
        const slow = depth.blocks(Math.min(rateA, rateB), 3_000, max);
        const fast = depth.blocks(Math.max(rateA, rateB), 3_000, max);
        expect(slow).toBeGreaterThanOrEqual(1);
        expect(fast).toBeGreaterThanOrEqual(slow);
        expect(fast).toBeLessThanOrEqual(Math.max(1, max));
      }),
    );
  });
});
