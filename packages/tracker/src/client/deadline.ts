import type { Clock } from '@peerloom/core/plugin';
import { TrackerError } from './tracker-error.js';

/**
 * Runs `work` with a signal that is aborted after `timeoutMs`, with `TRACKER_TIMEOUT`, or when `outer` is, with its
 * reason.
 */
export async function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(outer.reason);
  if (outer.aborted) stop();
  outer.addEventListener('abort', stop, { once: true });
  const timer = clock.setTimeout(() => {
    controller.abort(new TrackerError('TRACKER_TIMEOUT', `no answer within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  try {
    return await work(controller.signal);
  } finally {
    clock.clear(timer);
    outer.removeEventListener('abort', stop);
  }
}

/** Resolves after `delayMs`, or when `signal` is aborted. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clock.clear(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, delayMs);
    signal.addEventListener('abort', end, { once: true });
  });
}
