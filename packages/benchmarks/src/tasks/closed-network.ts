import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { peerloom, peerloomWith } from '../engines/peerloom.js';
import { measure } from '../measure.js';
import { type Payload, requireSame } from '../payload.js';
import { startUntil } from '../processes.js';
import type { Row } from '../table.js';
import { inTurn, type TaskOptions } from './in-turn.js';

/** The row of what is not encrypted. */
export const plain = 'peerloom, plain';

/** Downloads from a seed of the same, as members of a closed network and without one. */
export async function benchClosedNetwork(
  payload: Payload,
  { rounds, root }: TaskOptions,
): Promise<readonly Row[]> {
  const secretPath = join(root, 'secret');
  await writeFile(secretPath, randomBytes(32).toString('hex'), { mode: 0o600 });
  const variants = [
    { name: plain, ...peerloomWith([]) },
    { name: peerloom.name, ...peerloomWith(['--ext', `closed-network:secret=@${secretPath}`]) },
  ];
  const folder = join(root, 'closed-download');
  return inTurn(variants, rounds, async ({ seeding, download }) => {
    // Both have the same data, which one process at a time may seed.
    const seed = await startUntil(seeding.command(payload), seeding.portIn);
    try {
      await mkdir(folder);
      const source = { port: seed.found, trackerUrl: '' };
      const sample = await measure(download(payload, folder, source), payload.bytes);
      await requireSame(payload, folder);
      await rm(folder, { recursive: true });
      return sample;
    } finally {
      await seed.stop();
    }
  });
}
