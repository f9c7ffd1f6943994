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
