import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine.js';
import { measure } from '../measure.js';
import type { Payload } from '../payload.js';
import type { Row } from '../table.js';
import { inTurn, type TaskOptions } from './in-turn.js';

/** Checks the data that is there already. */
export function benchRechecks(
  engines: readonly Engine[],
  payload: Payload,
  { rounds }: TaskOptions,
): Promise<readonly Row[]> {
  const contestants = engines.flatMap(({ name, recheck }) => (recheck ? [{ name, recheck }] : []));
  return inTurn(contestants, rounds, ({ recheck }) => measure(recheck(payload), payload.bytes));
}

/** Makes a torrent of the data. */
export function benchCreation(
  engines: readonly Engine[],
  payload: Payload,
  { rounds, root }: TaskOptions,
): Promise<readonly Row[]> {
  const contestants = engines.flatMap(({ name, create }) => (create ? [{ name, create }] : []));
  const torrentPath = join(root, 'created.torrent');
  return inTurn(contestants, rounds, async ({ create }) => {
    const sample = await measure(create(payload, torrentPath), payload.bytes);
    await rm(torrentPath);
    return sample;
  });
}
