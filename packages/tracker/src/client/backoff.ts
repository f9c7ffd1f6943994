import type { Random } from '@peerloom/core/plugin';

const firstDelayMs = 15_000;
const maxDelayMs = 30 * 60_000;

/**
 * How long to wait after so many failures in a row, 1 or more: 15 s, twice as long each time, half an hour at most,
 * and up to half as much again by chance, so that those who failed together do not come back together.
 */
export function backoffMs(failures: number, random: Random): number {
  const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
  return delayMs * (1 + random.next() / 2);
}
