import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench, type ExampleResult } from '../example-bench.fake.js';

let bench: ExampleBench;

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

test('who downloads from it gets all, and it has sent one copy', async () => {
  const { bytes, torrentPath } = await bench.make('new.bin', 500_000);
  let download: Promise<ExampleResult> | undefined;
  const seed = await bench.run('give-once', [torrentPath, dirname(torrentPath)], (line, child) => {
    const [, address] = /^listening on (\S+)$/.exec(line) ?? [];
    if (address === undefined) return;
    download = bench.run('download-one-file', [torrentPath, address, 'downloads']);
    void download.then(() => child.kill('SIGINT'));
  });
  expect((await download)?.exitCode).toBe(0);
  expect(readFileSync(bench.path('downloads', 'new.bin')).equals(bytes)).toBe(true);
  expect(seed.output.at(-1)).toBe('1.00 copies sent, 0 requests refused');
  expect(seed.exitCode).toBe(0);
});

test('it seeds nothing that is not all there', async () => {
  const { torrentPath } = await bench.make('new.bin', 500_000);
  const { exitCode, problems } = await bench.run('give-once', [torrentPath, 'elsewhere']);
  expect(exitCode).toBe(1);
  expect(problems).toEqual(['not all of new.bin is in elsewhere']);
});

test('a torrent that is not there and a bad address are told in one line', async () => {
  const { torrentPath } = await bench.make('some.bin', 100_000);
  const missing = await bench.run('give-once', ['none.torrent', 'seed']);
  expect(missing).toMatchObject({ exitCode: 1, problems: [expect.stringContaining('none.torrent')] });
  const misdirected = await bench.run('give-once', [torrentPath, 'seed', 'nowhere']);
  expect(misdirected).toMatchObject({ exitCode: 1, problems: [expect.stringContaining('nowhere')] });
});
