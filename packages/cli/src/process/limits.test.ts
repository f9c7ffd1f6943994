import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { summaryOf } from './cli-process.fake.js';
import { DownloadBench } from './download-bench.fake.js';
import { makeTorrent } from './stalling-seed.fake.js';

// 1 MiB: at 512 KiB a second it takes two seconds, but for what is let through at once at the beginning.
const torrent = makeTorrent('a.bin', 64);
const leastMs = 1_000;
let bench: DownloadBench;

beforeEach(() => {
  bench = new DownloadBench();
  bench.put(torrent);
});

afterEach(() => bench.close());

async function downloadMs(peer: string, ...args: readonly string[]): Promise<number> {
  const run = await bench.download('a.bin.torrent', '--peer', peer, '--json', ...args).end();
  expect(run.exitCode).toBe(0);
  expect(readFileSync(bench.path('out/a.bin')).equals(torrent.data)).toBe(true);
  return Number(summaryOf(run.stdout).elapsedMs);
}

test('--limit-down holds a download back', async () => {
  const peer = await bench.seed(torrent);
  expect(await downloadMs(peer, '--limit-down', '512KiB')).toBeGreaterThan(leastMs);
});

test('--limit-up holds a seed back', async () => {
  mkdirSync(bench.path('data'));
  writeFileSync(bench.path('data/a.bin'), torrent.data);
  const args = ['--path', 'data', '--listen', '127.0.0.1:0', '--limit-up', '512KiB'];
  const seed = bench.start(['seed', 'a.bin.torrent', ...args]);
  const peer = await seed.line((line) => /^listening on (.+)$/.exec(line)?.[1]);
  expect(await downloadMs(peer)).toBeGreaterThan(leastMs);
});

test('--limit-up @FILE follows the file while it seeds, and keeps the limit where that makes no sense', async () => {
  writeFileSync(bench.path('a.bin'), torrent.data);
  writeFileSync(bench.path('up.limit'), '1KiB\n');
  const args = ['--path', '.', '--listen', '127.0.0.1:0', '--limit-up', '@up.limit'];
  const seed = bench.start(['seed', 'a.bin.torrent', ...args]);
  const peer = await seed.line((line) => /^listening on (.+)$/.exec(line)?.[1]);
  const download = bench.download('a.bin.torrent', '--peer', peer);
  writeFileSync(bench.path('up.limit'), 'a lot');
  await seed.problem((line) => (line.endsWith('the limit stays as it was (CLI_RATE)') ? true : undefined));
  writeFileSync(bench.path('up.limit'), '2MiB');
  await seed.line((line) => (line === '--limit-up: 2.0 MiB/s from now on' ? true : undefined));
  writeFileSync(bench.path('up.limit'), 'none');
  await seed.line((line) => (line === '--limit-up: no limit from now on' ? true : undefined));
  // At 1 KiB a second it would take a quarter of an hour.
  expect((await download.end()).exitCode).toBe(0);
  expect(readFileSync(bench.path('out/a.bin')).equals(torrent.data)).toBe(true);
});

test.for([
  ['@none.limit', 'there is no such file'],
  ['@empty.limit', 'must be N'],
] as const)('--limit-down %s is refused at the start: %s', async ([value, problem]) => {
  writeFileSync(bench.path('empty.limit'), '');
  const run = await bench.download('a.bin.torrent', '--listen', '127.0.0.1:0', '--limit-down', value).end();
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toEqual([expect.stringMatching(new RegExp(`^peerloom: .*${problem}.*\\(CLI_RATE\\)$`))]);
});
