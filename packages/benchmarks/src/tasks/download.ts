import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, Seeding, Source } from '../engine.js';
import { measure } from '../measure.js';
import { type Payload, requireSame } from '../payload.js';
import { startUntil } from '../processes.js';
import type { Row } from '../table.js';
import { startTracker } from '../tracker.js';
import { inTurn, type TaskOptions } from './in-turn.js';

/** Downloads from one seed, which runs all the time, into an empty folder each time. */
export async function benchDownloads(
  engines: readonly Engine[],
  seeding: Seeding,
  payload: Payload,
  { rounds, root }: TaskOptions,
): Promise<readonly Row[]> {
  const seed = await startUntil(seeding.command(payload), seeding.portIn);
  const tracker = await startTracker(seed.found);
  const source: Source = { port: seed.found, trackerUrl: tracker.url };
  const folder = join(root, 'download');
  const contestants = engines.flatMap(({ name, download }) => (download ? [{ name, download }] : []));
  try {
    return await inTurn(contestants, rounds, async ({ download }) => {
      await mkdir(folder);
      const sample = await measure(download(payload, folder, source), payload.bytes);
      await requireSame(payload, folder);
      await rm(folder, { recursive: true });
      return sample;
    });
  } finally {
    tracker.stop();
    await seed.stop();
  }
}
