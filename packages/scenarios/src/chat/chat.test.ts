import { expect, test } from 'vitest';
import { failedChecks, ScenarioRun, seen } from '../swarm/scenario-run.fake.js';
import { chat } from './chat.js';

const sizeBytes = 200_000;
const run = new ScenarioRun(chat);

test('a line from one end is heard at the other, answered, and everybody has the file', async () => {
  const notes: string[] = [];
  const result = await run.start(sizeBytes, (event) => {
    if (event.type === 'note') notes.push(event.message);
  });
  expect(failedChecks(result)).toEqual([]);
  expect(seen(result, 'linesHeard')).toBe('12 of 12');
  expect(seen(result, 'verifiedCopies')).toBe('3 of 3');
  const question = notes.indexOf('dan hears ada: does anybody hear me at the other end?');
  const answer = notes.indexOf('ada hears dan: yes, through two others');
  expect(question).toBeGreaterThan(-1);
  expect(answer).toBeGreaterThan(question);
  expect(run.leftovers).toEqual([]);
});

test('an abort in the middle of the talk ends it and leaves nothing behind', async () => {
  const enough = new AbortController();
  const running = run.start(
    sizeBytes,
    (event) => {
      if (event.type === 'note' && event.message.startsWith('cyd hears')) enough.abort(new Error('enough'));
    },
    enough.signal,
  );
  await expect(running).rejects.toThrow('enough');
  expect(run.leftovers).toEqual([]);
});
