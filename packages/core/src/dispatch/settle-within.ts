import type { Clock } from '../ports/clock.js';

/** Waits for a promise, but no longer than `deadlineMs`. True where it settled; rejects where it did. */
export function settleWithin(clock: Clock, promise: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => resolve(false), deadlineMs);
    promise.then(() => resolve(true), reject).finally(() => clock.clear(timer));
  });
}
