import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RequestDepthInput, requestDepth, staysInSlowStart } from './request-depth.js';

const kibibyte = 1_024;
const settled: RequestDepthInput = {
  rateBytesPerSecond: 0,
  queueTimeMs: 3_000,
  blockLength: 16 * kibibyte,
  peerReqq: undefined,
  max: 500,
  isSnubbed: false,
  isSlowStart: false,
  slowStartBlocks: 0,
};

describe('requestDepth', () => {
  it('is what the peer sends in the queue time', () => {
    expect(requestDepth({ ...settled, rateBytesPerSecond: 160 * kibibyte })).toBe(30);
    expect(requestDepth({ ...settled, rateBytesPerSecond: 160 * kibibyte, queueTimeMs: 1_000 })).toBe(10);
    expect(requestDepth({ ...settled, rateBytesPerSecond: 160 * kibibyte + 1 })).toBe(31);
  });

  it('is two for a slow peer and one for a snubbed one', () => {
    expect(requestDepth({ ...settled, rateBytesPerSecond: 10 })).toBe(2);
    expect(requestDepth({ ...settled, rateBytesPerSecond: 10_000_000, isSnubbed: true })).toBe(1);
  });

  it('stops at the maximum and at what the peer queues', () => {
    const fast = { ...settled, rateBytesPerSecond: 1_000_000_000 };
    expect(requestDepth(fast)).toBe(500);
    expect(requestDepth({ ...fast, peerReqq: 250 })).toBe(250);
    expect(requestDepth({ ...fast, peerReqq: 2_000 })).toBe(500);
    expect(requestDepth({ ...fast, isSlowStart: true, slowStartBlocks: 9_000, peerReqq: 64 })).toBe(64);
  });

  it('asks a peer that claims to queue nothing for one block', () => {
    expect(requestDepth({ ...settled, peerReqq: 0 })).toBe(1);
  });

  it('grows by one with each block in slow start, and never below the measured rate', () => {
    const start = { ...settled, isSlowStart: true };
    expect([0, 1, 2].map((slowStartBlocks) => requestDepth({ ...start, slowStartBlocks }))).toEqual([
      4, 5, 6,
    ]);
    expect(requestDepth({ ...start, rateBytesPerSecond: 160 * kibibyte, slowStartBlocks: 3 })).toBe(30);
  });

  it('doubles each round trip in slow start', () => {
    let blocks = 0;
    const depths = [0, 1, 2, 3].map(() => {
      const depth = requestDepth({ ...settled, isSlowStart: true, slowStartBlocks: blocks });
      // Every request of this round trip is answered before the next.
      blocks += depth;
      return depth;
    });
    expect(depths).toEqual([4, 8, 16, 32]);
  });

  it('is within its limits and grows with the rate, whatever the input', () => {
    const reqq = fc.option(fc.nat({ max: 3_000 }), { nil: undefined });
    fc.assert(
      fc.property(fc.nat(), fc.nat(), reqq, fc.boolean(), fc.nat({ max: 2_000 }), (...input) => {
        const [rateA, rateB, peerReqq, isSlowStart, slowStartBlocks] = input;
        const depthAt = (rateBytesPerSecond: number): number =>
          requestDepth({ ...settled, rateBytesPerSecond, peerReqq, isSlowStart, slowStartBlocks });
        const slow = depthAt(Math.min(rateA, rateB));
        const fast = depthAt(Math.max(rateA, rateB));
        expect(slow).toBeGreaterThanOrEqual(1);
        expect(fast).toBeGreaterThanOrEqual(slow);
        expect(fast).toBeLessThanOrEqual(Math.max(1, Math.min(500, peerReqq ?? 500)));
      }),
    );
  });
});

describe('slow start', () => {
  it('goes on while the rate grows', () => {
    expect(staysInSlowStart(100_000, 200_000)).toBe(true);
    expect(staysInSlowStart(100_000, 105_001)).toBe(true);
  });

  it('ends when the rate stands still or falls', () => {
    expect(staysInSlowStart(100_000, 105_000)).toBe(false);
    expect(staysInSlowStart(100_000, 20_000)).toBe(false);
  });

  it('does not end before anything came', () => {
    expect(staysInSlowStart(0, 0)).toBe(true);
    expect(staysInSlowStart(0, 1_000)).toBe(true);
  });
});
