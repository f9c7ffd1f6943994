import { defineTorrentExtension, pluginApiVersion, type TorrentPluginFactory } from '@peerloom/core/plugin';
import { expect, test } from 'vitest';
import { failedChecks, ScenarioRun, seen } from '../swarm/scenario-run.fake.js';
import { chat, chatWith } from './chat.js';
import { ChatRoom, chat as chatExtension, chatKey } from './chat-extension.js';

const sizeBytes = 200_000;
const limitMs = 3_000;
const run = new ScenarioRun(chat);
const identity = { name: chatKey.name, apiVersion: pluginApiVersion };
const forgetful = (name: string) =>
  defineTorrentExtension(identity, (torrent) => new ChatRoom(torrent, name, 0));
const withoutDan = (name: string) =>
  name === 'dan' ? defineTorrentExtension(identity, () => ({})) : chatExtension(name);

/** Names of the checks that fail where the extension is another one. */
async function failedWith(extension: (name: string) => TorrentPluginFactory): Promise<readonly string[]> {
  const { signal } = new AbortController();
  return failedChecks(await chatWith(extension, limitMs).run({ sizeBytes, signal, report: () => {} }));
}

test('a line from one side is heard on the other, once, answered, and everybody has the file', async () => {
  const notes: string[] = [];
  const result = await run.start(sizeBytes, (event) => {
    if (event.type === 'note') notes.push(event.message);
  });
  expect(failedChecks(result)).toEqual([]);
  expect(seen(result, 'linesHeard')).toBe('12 of 12');
  expect(seen(result, 'verifiedCopies')).toBe('3 of 3');
  const question = notes.indexOf('cyd hears ada: does anybody hear me on the other side?');
  const answer = notes.indexOf('ada hears cyd: yes, from two sides');
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

test('where nobody remembers what was said, lines come more than once, and the run fails', async () => {
  expect(await failedWith(forgetful)).toContain('linesOnce');
});

test('where lines are missing, the run ends all the same, and fails', async () => {
  expect(await failedWith(withoutDan)).toEqual(['linesHeard', 'linesOnce']);
});
