import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failedChecks, ScenarioRun } from '../swarm/scenario-run.fake.js';
import { streaming } from './streaming.js';

const sizeBytes = 8_000_000;
const run = new ScenarioRun(streaming);

test('what is played is the file, and playing and seeking begin long before it is downloaded', async () => {
  const result = await run.start(sizeBytes);
  expect(failedChecks(result)).toEqual([]);
  expect(result.checks.map(({ name }) => name)).toEqual([
    'startsEarly',
    'seeksAhead',
    'playedSha1',
    'verifiedCopies',
  ]);
  expect(run.leftovers).toEqual([]);
});

test('what was played is compared with the original, not with what was downloaded', async () => {
  const result = await run.start(sizeBytes, (event) => {
    if (event.type !== 'note' || !event.message.startsWith('it plays what it had passed')) return;
    // Where the player was played from and comes back to.
    const file = openSync(join(run.folder, 'player', 'film.webm'), 'r+');
    writeSync(file, Buffer.from('wrong'), 0, 5, sizeBytes * 0.03);
    closeSync(file);
  });
  expect(failedChecks(result)).toEqual(['playedSha1', 'verifiedCopies']);
});

test('an abort while the player waits ends it and leaves nothing behind', async () => {
  const enough = new AbortController();
  const running = run.start(
    sizeBytes,
    (event) => {
      if (event.type === 'note' && event.message.startsWith('a player asks'))
        enough.abort(new Error('enough'));
    },
    enough.signal,
  );
  await expect(running).rejects.toThrow('enough');
  expect(run.leftovers).toEqual([]);
});
