import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DownloadBench } from './download-bench.fake.js';
import { makeTorrent } from './stalling-seed.fake.js';

const torrent = makeTorrent('a.bin', 4);
const other = makeTorrent('b.bin', 4);
let bench: DownloadBench;

/** Tells this and that when it is added, and throws where a piece is right. */
const talker = `
import { parseEndpoint } from ${JSON.stringify(import.meta.resolve('@peerloom/core'))};
export default ({ count = '1' }) => ({
  name: 'talker',
  apiVersion: 1,
  added(session) {
    session.ban({ endpoint: parseEndpoint('192.0.2.1:1') }, { reason: 'sent \\u001b[31mpoison' });
    for (let i = 0; i < Number(count); i++) session.postAlert('hello', { count: i });
  },
  newTorrent(torrent) {
    torrent.session.postAlert('joined', {}, { infoHash: torrent.infoHash });
    return { onPiecePass() { throw new Error('broken'); } };
  },
});
`;

beforeEach(() => {
  bench = new DownloadBench();
  bench.put(torrent);
  bench.put(other);
  writeFileSync(bench.path('talker.mjs'), talker);
});

afterEach(() => bench.close());

test('bans and what extensions tell are lines, and what goes wrong with an extension is a warning', async () => {
  const peer = await bench.seed(torrent);
  const run = await bench.download('a.bin.torrent', '--peer', peer, '--ext', './talker.mjs').end();
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toEqual([
    '192.0.2.1:1 is banned: sent \\u{1b}[31mpoison',
    'talker: hello: count 0',
    'talker: joined',
    expect.stringMatching(/^a\.bin: complete, /),
  ]);
  expect(run.stderr).toEqual([
    'peerloom: warning: extension talker failed in onPiecePass: broken (it was taken out)',
  ]);
  expect(readFileSync(bench.path('out/a.bin')).equals(torrent.data)).toBe(true);
});

test('a flood is cut short and counted; of several torrents it is said which one is meant', async () => {
  const peers = [await bench.seed(torrent), await bench.seed(other)];
  const named = peers.flatMap((peer) => ['--peer', peer]);
  const ext = ['--ext', './talker.mjs:count=40'];
  const run = await bench.download('a.bin.torrent', 'b.bin.torrent', ...named, ...ext).end();
  expect(run.exitCode).toBe(0);
  expect(run.stdout.filter((line) => line.startsWith('talker: hello'))).toHaveLength(5);
  expect(run.stdout).toContain('a.bin: talker: joined');
  expect(run.stdout).toContain('b.bin: talker: joined');
  expect(run.stdout.at(-1)).toBe('35 events more; --json has all');
});
