import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ScenarioEvent } from '../scenario.js';
import { failedChecks, ScenarioRun, seen } from '../swarm/scenario-run.fake.js';
import { allExtensions } from './all-extensions.js';

const sizeBytes = 16 * 1024 * 1024;
const scenario = new ScenarioRun(allExtensions);

test('what each extension is for is seen, and nothing stays behind', { timeout: 60_000 }, async () => {
  const nodes: string[] = [];
  const result = await scenario.start(sizeBytes, (event) => {
    if (event.type === 'node') nodes.push(event.name);
  });
  expect(failedChecks(result)).toEqual([]);
  expect(result.isPassed).toBe(true);
  expect(seen(result, 'bans')).toBe('4 of 4');
  expect(seen(result, 'tracker')).toBe('2 of 2');
  expect(nodes.sort()).toEqual(
    ['leech-1', 'leech-2', 'leech-3', 'leech-4', 'poisoner', 'seed', 'stranger'].sort(),
  );
  expect(scenario.leftovers).toEqual([]);
});

test('a copy that is cut off on the disk fails the run', { timeout: 60_000 }, async () => {
  const cut = (event: ScenarioEvent): void => {
    if (event.type !== 'note' || !event.message.startsWith('verifying')) return;
    truncateSync(join(scenario.folder, 'leech-3', 'all-extensions.bin'), sizeBytes - 1);
  };
  const result = await scenario.start(sizeBytes, cut);
  expect(failedChecks(result)).toEqual(['verifiedCopies']);
  expect(result.isPassed).toBe(false);
});

test('an abort in the middle rejects with its reason and leaves nothing behind', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const running = scenario.start(
    sizeBytes,
    (event) => {
      if (event.type === 'alert' && event.alert.type === 'pieceFinished') controller.abort(reason);
    },
    controller.signal,
  );
  await expect(running).rejects.toBe(reason);
  expect(scenario.leftovers).toEqual([]);
});
