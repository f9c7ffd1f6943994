import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, SeedingEngine, Source } from './engine.js';
import { measure, type Sample } from './measure.js';
import { type Payload, requireSame } from './payload.js';
import { startUntil } from './processes.js';
import type { Row } from './table.js';
import { startTracker } from './tracker.js';

/** Lets every engine in turn do a task, `rounds` times over, so that what else the machine does hits all alike. */
async function inTurn(
  engines: readonly Engine[],
  rounds: number,
  task: (engine: Engine) => Promise<Sample>,
): Promise<readonly Row[]> {
  const rows = engines.map((engine) => ({ engine, samples: [] as Sample[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { engine, samples } of rows) samples.push(await task(engine));
  }
  return rows.map(({ engine, samples }) => ({ engine: engine.name, samples }));
}

/** Downloads from one seed, which runs all the time, into an empty folder below `root` each time. */
export async function benchDownloads(
  engines: readonly Engine[],
  seeding: SeedingEngine,
  { payload, rounds, root }: { readonly payload: Payload; readonly rounds: number; readonly root: string },
): Promise<readonly Row[]> {
  const seed = await startUntil(seeding.seed(payload), seeding.portIn);
  const tracker = await startTracker(seed.found);
  const source: Source = { port: seed.found, trackerUrl: tracker.url };
  const folder = join(root, 'download');
  try {
    return await inTurn(engines, rounds, async (engine) => {
      await mkdir(folder);
      const sample = await measure(engine.download(payload, folder, source), payload.totalMiB);
      await requireSame(payload, folder);
      await rm(folder, { recursive: true });
      return sample;
    });
  } finally {
    tracker.stop();
    await seed.stop();
  }
}

/** Checks the data that is there already. */
export function benchRechecks(
  engines: readonly Engine[],
  payload: Payload,
  rounds: number,
): Promise<readonly Row[]> {
  return inTurn(engines, rounds, (engine) => measure(engine.recheck(payload), payload.totalMiB));
}
