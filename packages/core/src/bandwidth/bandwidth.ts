import type { Clock, TimerHandle } from '../ports/clock.js';
import { BandwidthGroup, type GroupOwner } from './bandwidth-group.js';
import { RateLimit } from './rate-limit.js';

/** Who waits is looked at no more often than this, so that many are served in one turn. */
const minWaitMs = 10;
/** And at least this often, so that nothing is lost of what a limit lets catch up with. */
const maxWaitMs = 100;

/**
 * One way of a session's traffic. Connections that have to wait take turns: torrents in a circle, and the
 * connections of each in a circle, so that none gets more than another that wants as much and is limited alike.
 */
export class Bandwidth implements GroupOwner {
  readonly #clock: Clock;
  readonly #limit = new RateLimit();
  /** Groups in which somebody waits, in order of their turns. */
  readonly #waiting = new Set<BandwidthGroup>();
  #timer: TimerHandle | undefined;
  #wakeAtMs = 0;
  #isServing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes a second over all connections of the session; 0: no limit. */
  setLimit(bytesPerSecond: number): void {
    this.change(this.#limit, bytesPerSecond);
  }

  get isLimited(): boolean {
    return this.#limit.isLimited;
  }

  get lowestBytesPerSecond(): number {
    return this.isLimited ? this.#limit.bytesPerSecond : Number.POSITIVE_INFINITY;
  }

  /** A part of it with a limit of its own: a torrent. */
  group(): BandwidthGroup {
    return new BandwidthGroup(this);
  }

  change(limit: RateLimit, bytesPerSecond: number): void {
    if (limit.bytesPerSecond === bytesPerSecond) return;
    limit.set(bytesPerSecond, this.#clock.now());
    if (this.#waiting.size > 0) this.#wakeIn(0);
  }

  tryTake(group: RateLimit, share: RateLimit, bytes: number): boolean {
    const nowMs = this.#clock.now();
    if (!this.#limit.isOpen(nowMs) || !group.isOpen(nowMs) || !share.isOpen(nowMs)) return false;
    for (const waiting of this.#waiting) if (waiting.mayServe(nowMs)) return false;
    this.charge(group, share, bytes);
    return true;
  }

  charge(group: RateLimit, share: RateLimit, bytes: number): void {
    this.#limit.take(bytes);
    group.take(bytes);
    share.take(bytes);
  }

  enter(group: BandwidthGroup, share: RateLimit): void {
    this.#waiting.add(group);
    const nowMs = this.#clock.now();
    this.#wakeIn(Math.max(this.#limit.waitMs(nowMs), group.limit.waitMs(nowMs), share.waitMs(nowMs)));
  }

  leave(group: BandwidthGroup): void {
    this.#waiting.delete(group);
    if (this.#waiting.size > 0 || this.#timer === undefined) return;
    this.#clock.clear(this.#timer);
    this.#timer = undefined;
  }

  /** Serves after about `delayMs`, or earlier where that was asked for before. */
  #wakeIn(delayMs: number): void {
    if (this.#isServing) return;
    const wakeAtMs = this.#clock.now() + Math.min(maxWaitMs, Math.max(minWaitMs, delayMs));
    if (this.#timer !== undefined) {
      if (this.#wakeAtMs <= wakeAtMs) return;
      this.#clock.clear(this.#timer);
    }
    this.#wakeAtMs = wakeAtMs;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#serve();
    }, wakeAtMs - this.#clock.now());
  }

  /** Lets everybody move who may, in turns, until nobody who waits may. */
  #serve(): void {
    const nowMs = this.#clock.now();
    this.#isServing = true;
    try {
      for (let isServed = true; isServed; ) isServed = this.#serveNext(nowMs);
    } finally {
      this.#isServing = false;
    }
    if (this.#waiting.size === 0) return;
    let waitMs = Number.POSITIVE_INFINITY;
    for (const group of this.#waiting) waitMs = Math.min(waitMs, group.waitMs(nowMs));
    this.#wakeIn(Math.max(waitMs, this.#limit.waitMs(nowMs)));
  }

  #serveNext(nowMs: number): boolean {
    if (!this.#limit.isOpen(nowMs)) return false;
    for (const group of this.#waiting) {
      const share = group.next(nowMs);
      if (share === undefined) continue;
      // To the end of the circle.
      this.#waiting.delete(group);
      if (group.isWaiting) this.#waiting.add(group);
      share.serve();
      return true;
    }
    return false;
  }
}
