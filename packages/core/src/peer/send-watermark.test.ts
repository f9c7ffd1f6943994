import { describe, expect, it } from 'vitest';
import { SendWatermark } from './send-watermark.js';

const KiB = 1024;
const block = 16 * KiB;

/** A peer that takes so many bytes a second, and is served blocks whenever there is room. */
class Drain {
  readonly settings = { sendBufferLowBytes: 32 * KiB, sendBufferHighBytes: 512 * KiB };
  readonly mark = new SendWatermark(this.settings);
  nowMs = 0;
  waitingBytes = 0;
  /** The most that ever waited. */
  peakBytes = 0;

  fill(): void {
    while (this.mark.hasRoom(this.waitingBytes, this.nowMs)) this.waitingBytes += block;
    this.peakBytes = Math.max(this.peakBytes, this.waitingBytes);
  }

  /** In steps of 10 ms. */
  run(bytesPerSecond: number, durationMs: number): void {
    for (const endMs = this.nowMs + durationMs; this.nowMs < endMs; this.nowMs += 10) {
      this.fill();
      this.waitingBytes = Math.max(0, this.waitingBytes - bytesPerSecond / 100);
    }
  }
}

describe('how much waits to be sent', () => {
  it.each([200 * KiB, 400 * KiB, 800 * KiB])(
    'is half a second of what the peer takes (%i a second)',
    (rate) => {
      const drain = new Drain();
      drain.run(rate, 20_000);
      expect(drain.mark.bytes).toBeGreaterThan(0.4 * rate);
      expect(drain.mark.bytes).toBeLessThan(0.6 * rate);
      expect(drain.peakBytes).toBeLessThan(0.8 * rate);
    },
  );

  it('is the least, two blocks, however slow the peer', () => {
    const drain = new Drain();
    drain.run(5 * KiB, 60_000);
    expect(drain.mark.bytes).toBe(32 * KiB);
    // The next block is read with less than a quarter of that left.
    expect(drain.peakBytes).toBeLessThan(40 * KiB);
  });

  it('is the most after a few drains of a peer that takes everything at once', () => {
    const drain = new Drain();
    let fills = 0;
    for (; drain.mark.bytes < 512 * KiB; fills++) {
      drain.fill();
      drain.waitingBytes = 0;
    }
    // 32, 64, 128, 256, and the room that it has once the last of them has drained.
    expect(fills).toBe(5);
    for (; fills < 20; fills++) {
      drain.fill();
      drain.waitingBytes = 0;
    }
    expect(drain.peakBytes).toBe(512 * KiB);
  });

  it('is refilled when most has left, so that blocks are written together', () => {
    const drain = new Drain();
    drain.settings.sendBufferLowBytes = 64 * KiB;
    drain.fill();
    expect(drain.mark.hasRoom(16 * KiB, 1)).toBe(false);
    expect(drain.mark.hasRoom(16 * KiB - 1, 1)).toBe(true);
  });

  it('follows a peer that becomes slow, and one that becomes fast', () => {
    const drain = new Drain();
    drain.run(2048 * KiB, 10_000);
    expect(drain.mark.bytes).toBe(512 * KiB);
    drain.run(100 * KiB, 20_000);
    expect(drain.mark.bytes).toBeLessThan(64 * KiB);
    drain.run(2048 * KiB, 5_000);
    expect(drain.mark.bytes).toBe(512 * KiB);
  });

  it('does not shrink while a peer asks for too little to fill it', () => {
    const drain = new Drain();
    drain.run(2048 * KiB, 10_000);
    for (let at = 0; at < 60_000; at += 1_000) {
      expect(drain.mark.hasRoom(0, drain.nowMs + at)).toBe(true);
    }
    expect(drain.mark.bytes).toBe(512 * KiB);
  });

  it('follows settings that change', () => {
    const drain = new Drain();
    drain.run(2048 * KiB, 10_000);
    drain.settings.sendBufferHighBytes = 128 * KiB;
    expect(drain.mark.bytes).toBe(128 * KiB);
  });

  it('begins anew after a choke', () => {
    const drain = new Drain();
    drain.run(2048 * KiB, 10_000);
    drain.mark.reset();
    expect(drain.mark.bytes).toBe(32 * KiB);
    expect(drain.mark.hasRoom(0, drain.nowMs)).toBe(true);
  });
});
