import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../engine.js';
import { libtorrent } from '../engines/libtorrent.js';
import { python } from '../engines/python.js';
import { measureServing, type Sample, type Served } from '../measure.js';
import type { Payload } from '../payload.js';
import { runForJson, startUntil } from '../processes.js';
import type { Row } from '../table.js';
import type { TaskOptions } from './in-turn.js';

const sink = fileURLToPath(new URL('../engines/sink.py', import.meta.url));

/** Who downloads from the seeds. */
export const consumers = ['a bare sink', 'one libtorrent leech', 'eight libtorrent leeches'] as const;

/** One of {@link consumers}. */
export type Consumer = (typeof consumers)[number];

function consume(consumer: Consumer, payload: Payload, port: number, folder: string): Promise<Served> {
  if (consumer !== 'a bare sink') {
    const count = consumer === 'one libtorrent leech' ? 1 : 8;
    return runForJson(libtorrent.leech(payload, folder, { port, count }));
  }
  const { infoHash, layout } = payload.metainfo.info;
  const numbers = [layout.pieceCount, layout.pieceLength, layout.totalLength].map(String);
  return runForJson([python, sink, `${port}`, infoHash.hex, ...numbers]);
}

/**
 * Has each engine seed to each consumer in turn. Measured is the seed's process, and the time that the consumer needed
 * from its first byte to its last: how long a seed looks on before it unchokes somebody is no matter of speed.
 */
export async function benchSeeds(
  engines: readonly Engine[],
  chosen: readonly Consumer[],
  payload: Payload,
  { rounds, root }: TaskOptions,
): Promise<ReadonlyMap<Consumer, readonly Row[]>> {
  const seeds = engines.flatMap(({ name, seeding }) => (seeding ? [{ name, seeding }] : []));
  const rows = new Map(
    chosen.map((consumer) => [
      consumer,
      seeds.map(({ name }) => ({ engine: name, samples: [] as Sample[] })),
    ]),
  );
  const folder = join(root, 'leeches');
  for (let round = 0; round < rounds; round++) {
    for (const [index, { seeding }] of seeds.entries()) {
      const seed = await startUntil(seeding.command(payload), seeding.portIn);
      for (const consumer of chosen) {
        await mkdir(folder);
        const serve = () => consume(consumer, payload, seed.found, folder);
        rows.get(consumer)?.[index]?.samples.push(await measureServing(seed.pid, serve));
        await rm(folder, { recursive: true });
      }
      await seed.stop();
    }
  }
  return rows;
}
