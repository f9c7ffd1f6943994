import { expect, test } from 'vitest';
import { failedChecks, figure, ScenarioRun } from '../swarm/scenario-run.fake.js';
import { giveOnce } from './give-once.js';

const run = new ScenarioRun(giveOnce);

test('a seed sends its data once to four leeches, which all have it in the end', async () => {
  const sizeBytes = 3_000_000;
  const result = await run.start(sizeBytes);
  expect(failedChecks(result)).toEqual([]);
  expect(figure(result, 'onceSentBytes')).toBeGreaterThanOrEqual(sizeBytes);
  expect(Number(figure(result, 'refusedRequests'))).toBeGreaterThan(0);
  expect(run.leftovers).toEqual([]);
});
