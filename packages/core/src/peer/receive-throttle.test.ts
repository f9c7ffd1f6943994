import { describe, expect, it } from 'vitest';
import { Bandwidth } from '../bandwidth/bandwidth.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { ReceiveThrottle } from './receive-throttle.js';

/** A throttled stream that writes down what passes. */
class Stream {
  readonly clock = new ManualClock();
  readonly bandwidth = new Bandwidth(this.clock);
  readonly throttle: ReceiveThrottle;
  readonly passed: number[] = [];
  readonly waits: boolean[] = [];
  isClosed = false;
  isOpening = false;
  isStalled = false;
  /** Called with each part that passes. */
  onTake: () => void = () => {};

  constructor(bytesPerSecond: number) {
    this.bandwidth.setLimit(bytesPerSecond);
    const share = this.bandwidth.group().share((bytes) => this.throttle.resume(bytes));
    this.throttle = new ReceiveThrottle(share, this);
  }

  take(bytes: Uint8Array): void {
    this.passed.push(...bytes);
    this.onTake();
  }

  waitingChanged(): void {
    this.waits.push(this.throttle.isWaiting);
  }
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 255);

describe('bytes that come faster than a rate limit lets them', () => {
  it('pass in order as time goes, and nothing is read until all have', () => {
    const stream = new Stream(1000);
    stream.clock.advance(1000);
    const chunk = bytes(2000);
    stream.throttle.push(chunk);
    chunk.fill(0);
    expect(stream.waits).toEqual([true]);
    expect(stream.passed.length).toBeLessThan(600);
    stream.clock.advance(1000);
    expect(stream.throttle.isWaiting).toBe(true);
    stream.clock.advance(1000);
    expect(stream.waits).toEqual([true, false]);
    expect(stream.passed).toEqual([...bytes(2000)]);
  });

  it('pass at once while the connection opens, and what comes then waits the longer', () => {
    const stream = new Stream(1000);
    stream.isOpening = true;
    stream.onTake = () => {
      if (stream.passed.length >= 1024) stream.isOpening = false;
    };
    stream.throttle.push(bytes(2000));
    expect(stream.passed).toHaveLength(1024);
    stream.clock.advance(900);
    expect(stream.passed).toHaveLength(1024);
    stream.clock.advance(1200);
    expect(stream.passed).toEqual([...bytes(2000)]);
  });

  it('wait behind those that came before', () => {
    const stream = new Stream(1000);
    stream.throttle.push(bytes(300));
    stream.throttle.push(bytes(300));
    stream.clock.advance(1000);
    expect(stream.passed).toEqual([...bytes(300), ...bytes(300)]);
  });

  it('pass at once where the limit is taken away', () => {
    const stream = new Stream(10);
    stream.throttle.push(bytes(5000));
    stream.bandwidth.setLimit(0);
    stream.clock.advance(10);
    expect(stream.passed).toHaveLength(5000);
    expect(stream.throttle.isActive).toBe(false);
  });

  it('stay while the stream is stalled, whatever the limit, and pass when it goes on', () => {
    const stream = new Stream(1_000_000);
    stream.clock.advance(100);
    stream.onTake = () => {
      stream.isStalled = true;
    };
    stream.throttle.push(bytes(50_000));
    expect(stream.passed).toHaveLength(10_000);
    stream.clock.advance(10_000);
    expect(stream.passed).toHaveLength(10_000);
    stream.isStalled = false;
    stream.onTake = () => {};
    stream.throttle.resume();
    stream.clock.advance(100);
    expect(stream.passed).toEqual([...bytes(50_000)]);
  });

  it('are forgotten when the connection closes, in the middle too', () => {
    const stream = new Stream(1_000_000);
    stream.clock.advance(100);
    stream.onTake = () => {
      stream.isClosed = true;
      stream.throttle.close();
    };
    stream.throttle.push(bytes(50_000));
    stream.clock.advance(10_000);
    expect(stream.passed).toHaveLength(10_000);
    expect(stream.clock.timerCount).toBe(0);
  });
});
