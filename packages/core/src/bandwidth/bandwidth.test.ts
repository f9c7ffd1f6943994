import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { Bandwidth } from './bandwidth.js';
import type { BandwidthGroup } from './bandwidth-group.js';
import type { BandwidthShare } from './bandwidth-share.js';

/** Moves as much as it may, or so many bytes a second, in portions or in blocks. */
class Mover {
  readonly share: BandwidthShare;
  readonly #blockBytes: number | undefined;
  movedBytes = 0;
  #wantedBytes = Number.POSITIVE_INFINITY;

  constructor(group: BandwidthGroup, blockBytes?: number) {
    this.#blockBytes = blockBytes;
    this.share = group.share((bytes) => {
      this.#moved(bytes);
      this.#go();
    });
  }

  start(): this {
    this.#go();
    return this;
  }

  /** Wants `bytes` more, and no more than these. */
  want(bytes: number): void {
    if (this.#wantedBytes === Number.POSITIVE_INFINITY) this.#wantedBytes = 0;
    this.#wantedBytes += bytes;
    this.#go();
  }

  #moved(bytes: number): void {
    this.movedBytes += bytes;
    this.#wantedBytes -= bytes;
  }

  #go(): void {
    // Where nothing limits it there is no end to what it could move.
    while (this.#wantedBytes > 0 && this.share.isLimited && !this.share.isWaiting) {
      const bytes = Math.min(this.#wantedBytes, this.#blockBytes ?? this.share.portionBytes);
      if (!this.share.take(bytes)) return;
      this.#moved(bytes);
    }
  }
}

function setUp() {
  const clock = new ManualClock();
  return { clock, bandwidth: new Bandwidth(clock) };
}

const KiB = 1024;
const total = (movers: readonly Mover[]): number =>
  movers.reduce((sum, { movedBytes }) => sum + movedBytes, 0);

function expectWithin(share: number, actual: number, expected: number): void {
  expect(actual).toBeGreaterThan(expected * (1 - share));
  expect(actual).toBeLessThan(expected * (1 + share));
}

describe('a limit', () => {
  it.each([1 * KiB, 20 * KiB, 300 * KiB, 5_000_000, 400_000_000])(
    'of %i bytes a second holds within a twentieth over every ten seconds, from the start and after a rest',
    (limit) => {
      const { clock, bandwidth } = setUp();
      bandwidth.setLimit(limit);
      const group = bandwidth.group();
      clock.advance(60_000);
      const movers = Array.from({ length: 7 }, () => new Mover(group).start());
      for (let window = 0; window < 3; window++) {
        const before = total(movers);
        clock.advance(10_000);
        expectWithin(0.05, total(movers) - before, limit * 10);
      }
    },
  );

  it('holds for whole blocks as well as for what can be cut', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(64 * KiB);
    const group = bandwidth.group();
    const movers = [new Mover(group, 16 * KiB).start(), new Mover(group, 16 * KiB).start()];
    clock.advance(10_000);
    expectWithin(0.05, total(movers), 640 * KiB);
  });

  it('lets little be caught up with of what was not used', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(100 * KiB);
    const mover = new Mover(bandwidth.group());
    clock.advance(3_600_000);
    mover.start();
    expect(mover.movedBytes).toBeLessThanOrEqual(26 * KiB);
  });

  it('may change at any time, to none and back', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(10 * KiB);
    const mover = new Mover(bandwidth.group()).start();
    clock.advance(10_000);
    expectWithin(0.05, mover.movedBytes, 100 * KiB);
    bandwidth.setLimit(1_000 * KiB);
    clock.advance(10_000);
    expectWithin(0.05, mover.movedBytes, 10_100 * KiB);
    bandwidth.setLimit(0);
    clock.advance(100);
    expect(mover.share.isLimited).toBe(false);
    expect(mover.share.isWaiting).toBe(false);
    const before = mover.movedBytes;
    bandwidth.setLimit(10 * KiB);
    mover.start();
    clock.advance(10_000);
    expectWithin(0.05, mover.movedBytes - before, 100 * KiB);
  });

  it('costs no timer where nobody waits', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(1 * KiB);
    const { share } = new Mover(bandwidth.group()).start();
    expect(clock.timerCount).toBe(1);
    share.cancel();
    expect(clock.timerCount).toBe(0);
  });
});

describe('what is shared', () => {
  it('is shared evenly among connections, whatever the size of what they move', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(500 * KiB);
    const group = bandwidth.group();
    const movers = Array.from({ length: 50 }, () => new Mover(group).start());
    clock.advance(20_000);
    for (const { movedBytes } of movers) expectWithin(0.1, movedBytes, 200 * KiB);
  });

  it('goes to one connection for a whole block with its header, then to the next', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(5_000);
    const group = bandwidth.group();
    const messageBytes = 16 * KiB + 13;
    const movers = Array.from({ length: 24 }, () => new Mover(group).start());
    for (let turn = 1; turn <= 24; turn++) {
      clock.advance(3_500);
      const complete = movers.filter(({ movedBytes }) => movedBytes >= messageBytes).length;
      expect(complete).toBeGreaterThanOrEqual(turn - 1);
    }
  });

  it('goes to torrents alike, however many connections each has', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(100 * KiB);
    const many = bandwidth.group();
    const crowd = Array.from({ length: 20 }, () => new Mover(many).start());
    const lone = new Mover(bandwidth.group()).start();
    clock.advance(10_000);
    expectWithin(0.1, lone.movedBytes, 500 * KiB);
    expectWithin(0.1, total(crowd), 500 * KiB);
  });

  it('is left by those that want less to those that want more', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(100 * KiB);
    const group = bandwidth.group();
    const modest = new Mover(group);
    const greedy = [new Mover(group).start(), new Mover(group).start()];
    for (let second = 0; second < 10; second++) {
      modest.want(10 * KiB);
      clock.advance(1_000);
    }
    expectWithin(0.05, modest.movedBytes, 100 * KiB);
    for (const { movedBytes } of greedy) expectWithin(0.05, movedBytes, 450 * KiB);
  });

  it('is bound by the lowest limit of connection, torrent and session, and nobody waits for another one’s', () => {
    const { clock, bandwidth } = setUp();
    bandwidth.setLimit(10_000 * KiB);
    const limited = bandwidth.group();
    limited.setLimit(100 * KiB);
    const slow = new Mover(limited);
    slow.share.setLimit(1 * KiB);
    slow.start();
    const rest = new Mover(limited).start();
    const free = new Mover(bandwidth.group()).start();
    clock.advance(10_000);
    expectWithin(0.05, slow.movedBytes, 10 * KiB);
    expectWithin(0.05, rest.movedBytes, 990 * KiB);
    expectWithin(0.05, free.movedBytes, 99_000 * KiB);
  });

  it('goes on while those who wait leave and others come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5 * KiB, max: 10_000 * KiB }),
        fc.array(fc.tuple(fc.nat(5), fc.boolean()), { maxLength: 40 }),
        (limit, changes) => {
          const { clock, bandwidth } = setUp();
          bandwidth.setLimit(limit);
          const groups = [bandwidth.group(), bandwidth.group()] as const;
          const movers = Array.from({ length: 6 }, (_, i) => new Mover(groups[i % 2 === 0 ? 0 : 1]));
          const last = new Mover(groups[0]).start();
          for (const [index, starts] of changes) {
            if (starts) movers[index]?.start();
            else movers[index]?.share.cancel();
            clock.advance(250);
          }
          const before = last.movedBytes + total(movers);
          for (const mover of movers) mover.start();
          clock.advance(10_000);
          expectWithin(0.05, last.movedBytes + total(movers) - before, limit * 10);
          for (const { share } of [...movers, last]) share.cancel();
          expect(clock.timerCount).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });
});
