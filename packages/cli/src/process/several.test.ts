import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jsonLines, summaryOf } from './cli-process.fake.js';
import { DownloadBench, nobody } from './download-bench.fake.js';
import { makeTorrent } from './stalling-seed.fake.js';

const torrents = ['a', 'b', 'c', 'd', 'e'].map((name) => makeTorrent(name, 4));
const [a, b] = torrents;
if (a === undefined || b === undefined) throw new Error('no torrents');
let bench: DownloadBench;

beforeEach(() => {
  bench = new DownloadBench();
  for (const torrent of torrents) bench.put(torrent);
});

afterEach(() => bench.close());

test('several torrents are downloaded into one folder, more than are active at once too', async () => {
  const peers = await Promise.all(torrents.map((torrent) => bench.seed(torrent)));
  const names = torrents.map(({ metainfo }) => metainfo.info.name);
  const files = names.map((name) => `${name}.torrent`);
  const run = await bench.download(...files, ...peers.flatMap((peer) => ['--peer', peer])).end();
  expect(run).toMatchObject({ exitCode: 0, stderr: [] });
  expect(run.stdout.map((line) => line.split(',')[0]).sort()).toEqual(
    names.map((name) => `${name}: complete`),
  );
  for (const { data, metainfo } of torrents) {
    expect(readFileSync(bench.path('out', metainfo.info.name)).equals(data)).toBe(true);
  }
});

test('one that fails is told, the others go on, and the exit code is that of the failure', async () => {
  mkdirSync(bench.path('out/a'), { recursive: true });
  const run = await bench.download('a.torrent', 'b.torrent', '--peer', await bench.seed(b)).end();
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toEqual([
    expect.stringMatching(/^peerloom: a: .*'a'.*\(STORAGE_NOT_A_FILE\)$/),
    'peerloom: 1 of 2 torrents failed (CLI_TORRENTS_FAILED)',
  ]);
  expect(run.stdout).toEqual([expect.stringMatching(/^b: complete, /)]);
  expect(readFileSync(bench.path('out/b')).equals(b.data)).toBe(true);
});

test('one that nobody has is given up, the others go on', async () => {
  const peer = await bench.seed(b);
  const run = await bench.download('a.torrent', 'b.torrent', '--peer', peer, '--json').end();
  expect(run.exitCode).toBe(1);
  expect(run.stderr[0]).toMatch(
    /^peerloom: a: no peer can be reached \(the last one: .*\(CLI_NO_PEER_LEFT\)$/,
  );
  expect(summaryOf(run.stdout)).toMatchObject({
    error: { code: 'CLI_TORRENTS_FAILED' },
    torrents: [
      { name: 'a', error: { code: 'CLI_NO_PEER_LEFT' } },
      { name: 'b', state: 'seeding' },
    ],
  });
});

test('where all fail, the command ends', async () => {
  const run = await bench.download('a.torrent', 'b.torrent', '--peer', nobody, '--seed-time', '600').end();
  expect(run.exitCode).toBe(1);
  expect(run.stderr.at(-1)).toBe('peerloom: 2 of 2 torrents failed (CLI_TORRENTS_FAILED)');
});

test('a torrent that is named twice is downloaded once, and that is told once', async () => {
  writeFileSync(bench.path('copy.torrent'), a.file);
  const peer = await bench.seed(a);
  const run = await bench.download('a.torrent', 'copy.torrent', '--peer', peer).end();
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toEqual([
    "peerloom: warning: 'copy.torrent' is the same torrent as 'a.torrent', and downloaded once (CLI_DUPLICATE_TORRENT)",
  ]);
  expect(run.stdout).toHaveLength(1);
  const json = await bench.download('a.torrent', 'copy.torrent', '--json').end();
  expect(jsonLines(json.stdout)[0]).toMatchObject({ type: 'warning', code: 'CLI_DUPLICATE_TORRENT' });
  expect(summaryOf(json.stdout).torrents).toHaveLength(1);
});
