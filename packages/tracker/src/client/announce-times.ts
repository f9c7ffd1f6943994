import type { Random } from '@peerloom/core/plugin';

const defaultIntervalMs = 30 * 60_000;
const shortestIntervalMs = 30_000;
const longestIntervalMs = 24 * 3_600_000;
/** How soon we announce again because we lack peers, where the tracker does not say how soon we may. */
const defaultMinIntervalMs = 2 * 60_000;

/** What a tracker says of when to come again. */
export interface Intervals {
  readonly intervalMs: number | undefined;
  readonly minIntervalMs: number | undefined;
}

/** When a torrent is announced again, by the clock of the session. */
export class AnnounceTimes {
  readonly #random: Random;
  /** When it is due. */
  dueMs = Number.POSITIVE_INFINITY;
  /** When it may be announced although it is not due. */
  #earliestMs = 0;
  #shortOfPeersMs = Number.POSITIVE_INFINITY;
  /** Grows while announcing for want of peers brings none. */
  #patience = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** It is to be announced, as soon as that may be. */
  wanted(nowMs: number): void {
    this.dueMs = Math.min(this.dueMs, Math.max(nowMs, this.#earliestMs));
  }

  /** It is to be announced at once, for an event that trackers are told when it happens. */
  eventAt(nowMs: number): void {
    this.dueMs = nowMs;
  }

  /** Whether it is time, for one that lacks peers perhaps earlier. */
  isDue(nowMs: number, isShortOfPeers: boolean): boolean {
    return nowMs >= (isShortOfPeers ? Math.min(this.dueMs, this.#shortOfPeersMs) : this.dueMs);
  }

  /** A tracker has answered. */
  answered(nowMs: number, intervals: Intervals, hasNewPeers: boolean): void {
    const interval = within(intervals.intervalMs || defaultIntervalMs);
    const minInterval = within(intervals.minIntervalMs ?? Math.min(interval, defaultMinIntervalMs));
    this.#patience = hasNewPeers ? 1 : this.#patience * 2;
    this.#earliestMs = nowMs + minInterval;
    // A little later by chance, so that peers that came together spread.
    this.dueMs = nowMs + Math.max(interval, minInterval) * (1 + this.#random.next() / 20);
    this.#shortOfPeersMs = nowMs + minInterval * Math.min(this.#patience, 64);
  }
}

function within(intervalMs: number): number {
  return Math.min(longestIntervalMs, Math.max(shortestIntervalMs, intervalMs));
}
