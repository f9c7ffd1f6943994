import { StorageError } from '../common/errors.js';

/**
 * Runs `job` for `count` numbers from 0 on, `concurrency` of them at a time. Starts no more after a failure
 * or an abort; settles when nothing is under way any more. Rejects with the first failure, or with
 * `STORAGE_ABORTED`, whose cause is the signal's reason.
 */
export async function runBounded(
  count: number,
  concurrency: number,
  signal: AbortSignal | undefined,
  job: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let stopped = false;
  async function lane(): Promise<void> {
    while (next < count && !stopped) {
      if (signal?.aborted === true) {
        throw new StorageError('STORAGE_ABORTED', 'the work was aborted', '', { cause: signal.reason });
      }
      await job(next++);
    }
  }
  const lanes = Array.from({ length: Math.min(concurrency, count) }, async () => {
    try {
      await lane();
    } catch (error) {
      stopped = true;
      throw error;
    }
  });
  const outcomes = await Promise.allSettled(lanes);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
