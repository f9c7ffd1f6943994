import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ScenarioEvent } from '../scenario.js';
import { failedChecks, figure, ScenarioRun, seen } from '../swarm/scenario-run.fake.js';
import { loopback } from './loopback.js';

const sizeBytes = 3 * 1024 * 1024 + 12_345;
const scenario = new ScenarioRun(loopback);
const run = (report?: (event: ScenarioEvent) => void, signal?: AbortSignal) =>
  scenario.start(sizeBytes, report, signal);

test('four leeches end with the bytes of the seed, and the folder is removed', async () => {
  const events: ScenarioEvent[] = [];
  const result = await run((event) => events.push(event));
  expect(result.isPassed).toBe(true);
  expect(seen(result, 'verifiedCopies')).toBe('4 of 4');
  expect(figure(result, 'movedBytes')).toBe(4 * sizeBytes);
  const sent = Number(figure(result, 'seedUploadedBytes')) + Number(figure(result, 'leechUploadedBytes'));
  expect(sent).toBeGreaterThanOrEqual(4 * sizeBytes);
  expect(scenario.leftovers).toEqual([]);

  const last = events.findLast((event) => event.type === 'progress');
  expect(last?.nodes.map(({ name, role, haveBytes }) => [name, role, haveBytes])).toEqual([
    ['seed', 'seed', sizeBytes],
    ...[1, 2, 3, 4].map((number) => [`leech-${number}`, 'leech', sizeBytes]),
  ]);
});

test('progress tells which pieces are had, and who sent them to whom', async () => {
  const events: ScenarioEvent[] = [];
  const result = await run((event) => events.push(event));
  const nodes = events.findLast((event) => event.type === 'progress')?.nodes ?? [];
  expect(nodes.map(({ pieces }) => pieces?.isFull)).toEqual([true, true, true, true, true]);
  const [seed, ...leeches] = nodes;
  if (seed === undefined) throw new Error('no seed');
  const names = new Set(nodes.map(({ name }) => name));
  for (const { name, traffic, downloadedBytes, uploadedBytes } of nodes) {
    expect(sum(traffic.map((each) => each.downloadedBytes))).toBe(downloadedBytes);
    expect(sum(traffic.map((each) => each.uploadedBytes))).toBe(uploadedBytes);
    for (const { remote } of traffic) {
      expect(names).toContain(remote);
      expect(remote).not.toBe(name);
    }
  }
  const sentBySeed = leeches.flatMap(({ traffic }) => traffic.filter(({ remote }) => remote === 'seed'));
  expect(sentBySeed.length).toBeGreaterThan(0);
  expect(sum(seed.traffic.map((each) => each.uploadedBytes))).toBe(figure(result, 'seedUploadedBytes'));
});

test('every leech connects to the seed and to every other leech, over TCP', async () => {
  const connected = new Map<string, number>();
  await run((event) => {
    if (event.type !== 'alert' || event.alert.type !== 'peerConnected') return;
    expect(event.alert.transport).toBe('tcp');
    if (event.alert.isOutgoing) connected.set(event.node, (connected.get(event.node) ?? 0) + 1);
  });
  expect(Object.fromEntries(connected)).toEqual({ 'leech-1': 1, 'leech-2': 2, 'leech-3': 3, 'leech-4': 4 });
});

test('the same data is made each time', async () => {
  const originals: string[] = [];
  const keep = (event: ScenarioEvent): void => {
    if (event.type !== 'note' || !event.message.startsWith('verifying')) return;
    const original = readFileSync(join(scenario.folder, 'seed', 'loopback.bin'));
    originals.push(createHash('sha1').update(original).digest('hex'));
  };
  await run(keep);
  await run(keep);
  expect(originals[0]).toBe(originals[1]);
});

test('a copy that differs from the original fails the run', async () => {
  const result = await run((event) => {
    if (event.type !== 'note' || !event.message.startsWith('verifying')) return;
    const file = openSync(join(scenario.folder, 'leech-2', 'loopback.bin'), 'r+');
    writeSync(file, Buffer.from('wrong'), 0, 5, 1_000_000);
    closeSync(file);
  });
  expect(result.isPassed).toBe(false);
  expect(failedChecks(result)).toEqual(['verifiedCopies']);
  expect(seen(result, 'verifiedCopies')).toBe('3 of 4');
});

test('an abort while data moves rejects with its reason and leaves nothing behind', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const running = run((event) => {
    if (event.type === 'alert' && event.alert.type === 'pieceFinished') controller.abort(reason);
  }, controller.signal);
  await expect(running).rejects.toBe(reason);
  expect(scenario.leftovers).toEqual([]);
});

test('a disk that fails a leech ends the run with its error and leaves nothing behind', async () => {
  const running = run((event) => {
    if (event.type !== 'note' || !event.message.startsWith('making')) return;
    writeFileSync(join(scenario.folder, 'leech-3'), 'a file where the folder should be');
  });
  await expect(running).rejects.toMatchObject({ code: 'STORAGE_NOT_A_FILE' });
  expect(scenario.leftovers).toEqual([]);
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
