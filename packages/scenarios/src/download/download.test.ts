import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failedChecks, figure, ScenarioRun, seen } from '../swarm/scenario-run.fake.js';
import { download } from './download.js';

const sizeBytes = 2 * 1024 * 1024 + 7;
const scenario = new ScenarioRun(download);

test('the leech ends with the bytes of the seed, each of them sent once', async () => {
  const result = await scenario.start(sizeBytes);
  expect(failedChecks(result)).toEqual([]);
  expect(seen(result, 'verifiedCopies')).toBe('1 of 1');
  expect(figure(result, 'movedBytes')).toBe(sizeBytes);
  expect(figure(result, 'seedUploadedBytes')).toBe(sizeBytes);
  expect(scenario.leftovers).toEqual([]);
});

test('a copy that is cut off on the disk fails the run', async () => {
  const result = await scenario.start(sizeBytes, (event) => {
    if (event.type !== 'note' || !event.message.startsWith('verifying')) return;
    truncateSync(join(scenario.folder, 'leech', 'download.bin'), sizeBytes - 1);
  });
  expect(failedChecks(result)).toEqual(['verifiedCopies']);
});
