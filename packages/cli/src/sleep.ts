import { setTimeout } from 'node:timers/promises';

/** Resolves after `ms` milliseconds, or rejects with the signal's reason where that comes first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
