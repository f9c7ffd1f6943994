import { describe, expect, it } from 'vitest';
import { RateMeter, TransferMeters } from './rate-meter.js';

function run(meter: RateMeter, seconds: number, bytesASecond: number): void {
  for (let second = 0; second < seconds; second++) {
    meter.add(bytesASecond);
    meter.tick(1_000);
  }
}

describe('a rate', () => {
  it('comes to what is sent, and goes to zero when nothing is', () => {
    const meter = new RateMeter();
    run(meter, 20, 100_000);
    expect(meter.rate).toBeGreaterThan(99_000);
    expect(meter.rate).toBeLessThanOrEqual(100_000);
    run(meter, 60, 0);
    expect(meter.rate).toBe(0);
    expect(meter.total).toBe(2_000_000);
  });

  it('is a matter of the time that passed, not of the number of ticks', () => {
    const meter = new RateMeter();
    meter.add(1_000);
    meter.tick(500);
    const half = new RateMeter();
    half.add(2_000);
    half.tick(1_000);
    expect(meter.rate).toBe(half.rate);
    meter.tick(0);
    expect(meter.rate).toBe(half.rate);
  });

  it('is counted in the parent too, which has a tick of its own', () => {
    const totals = new TransferMeters();
    const [a, b] = [new TransferMeters(totals), new TransferMeters(totals)];
    a.downloaded.add(10);
    b.downloaded.add(5);
    a.sent.add(3);
    a.tick(1_000);
    expect(totals.downloaded.total).toBe(15);
    expect(totals.sent.total).toBe(3);
    expect([totals.received.total, totals.uploaded.total]).toEqual([0, 0]);
    expect(totals.downloaded.rate).toBe(0);
    totals.tick(1_000);
    expect(totals.downloaded.rate).toBeGreaterThan(a.downloaded.rate);
  });
});
