import { describe, expect, it } from 'vitest';
import { ResponseTime } from './response-time.js';

function timeoutAfter(waits: readonly number[]): number {
  const time = new ResponseTime();
  for (const waitedMs of waits) time.add(waitedMs);
  return time.timeoutMs(10_000, 60_000);
}

const times = (count: number, waitedMs: number): number[] => Array.from({ length: count }, () => waitedMs);

describe('how long a peer may keep us waiting', () => {
  it('is the longest time until four blocks have come', () => {
    expect(timeoutAfter([])).toBe(60_000);
    expect(timeoutAfter(times(3, 5))).toBe(60_000);
    expect(timeoutAfter(times(4, 5))).toBe(10_000);
  });

  it('is what slow peers need, and no more than the longest time', () => {
    expect(timeoutAfter(times(100, 16_000))).toBe(32_000);
    expect(timeoutAfter(times(10, 100_000))).toBe(60_000);
  });

  it('is short again some time after a long wait', () => {
    expect(timeoutAfter([30_000, ...times(100, 10)])).toBe(10_000);
  });

  it('is longer for peers that send in bursts', () => {
    const bursts = Array.from({ length: 100 }, (_, index) => (index % 10 === 0 ? 20_000 : 10));
    expect(timeoutAfter(bursts)).toBeGreaterThan(30_000);
  });
});
