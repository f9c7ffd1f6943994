import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExampleBench } from '../example-bench.fake.js';

let bench: ExampleBench;

beforeEach(() => {
  bench = new ExampleBench();
});

afterEach(() => bench.close());

test('the file comes as the seed has it, piece by piece', async () => {
  const { bytes, torrentPath, address } = await bench.seed('film.bin', 1_000_000);
  const { exitCode, output } = await bench.run('download-one-file', [torrentPath, address, 'downloads']);
  expect(exitCode).toBe(0);
  expect(output).toContainEqual(expect.stringMatching(/^16 of 16 pieces, \d+ KiB\/s$/));
  expect(output.at(-1)).toBe('film.bin is in downloads, every piece checked');
  expect(readFileSync(bench.path('downloads', 'film.bin')).equals(bytes)).toBe(true);
});

test('after Ctrl-C it goes on where it was', async () => {
  const { bytes, torrentPath, address } = await bench.seed('film.bin', 1_000_000, 500_000);
  const args = [torrentPath, address, 'downloads'];
  const first = await bench.run('download-one-file', args, (line, child) => {
    if (line.startsWith('4 of')) child.kill('SIGINT');
  });
  expect(first.exitCode).toBe(1);
  expect(existsSync(bench.path('downloads', 'film.bin'))).toBe(true);

  const second = await bench.run('download-one-file', args);
  expect(second.exitCode).toBe(0);
  expect(second.output).not.toContainEqual(expect.stringMatching(/^[1-4] of/));
  expect(readFileSync(bench.path('downloads', 'film.bin')).equals(bytes)).toBe(true);
});

test('a torrent that is not there and a bad address are told in one line', async () => {
  const { torrentPath } = await bench.make('some.bin', 100_000);
  const missing = await bench.run('download-one-file', ['none.torrent', '127.0.0.1:1', 'downloads']);
  expect(missing).toMatchObject({ exitCode: 1, problems: [expect.stringContaining('none.torrent')] });
  const misdirected = await bench.run('download-one-file', [torrentPath, 'nowhere', 'downloads']);
  expect(misdirected).toMatchObject({ exitCode: 1, problems: [expect.stringContaining('nowhere')] });
});
