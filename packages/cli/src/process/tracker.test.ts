import { readFileSync, writeFileSync } from 'node:fs';
import { NodeNetwork, SystemClock, SystemSecureRandom } from '@peerloom/core';
import { TrackerServer } from '@peerloom/tracker/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jsonLines } from './cli-process.fake.js';
import { DownloadBench, nobody } from './download-bench.fake.js';
import { makeTorrent, type TestTorrent } from './stalling-seed.fake.js';

let bench: DownloadBench;
let tracker: TrackerServer;
/** Events that were announced, in order. */
let announced: string[];

beforeEach(() => {
  bench = new DownloadBench();
  announced = [];
  const clock = new SystemClock();
  tracker = new TrackerServer({
    clock,
    network: new NodeNetwork(clock),
    secureRandom: new SystemSecureRandom(),
    onAnnounce: ({ event }) => announced.push(event),
  });
});

afterEach(async () => {
  await bench.close();
  await tracker.close();
});

/** Writes `a.bin.torrent`, which names a tracker. */
function put({ file }: TestTorrent, announceUrl: string): void {
  // It is the first key that a torrent file can have.
  const announce = Buffer.from(`d8:announce${announceUrl.length}:${announceUrl}`);
  writeFileSync(bench.path('a.bin.torrent'), Buffer.concat([announce, file.subarray(1)]));
}

/** Seeds `a.bin` with the command; answers with its address. */
async function seed(torrent: TestTorrent, ...args: readonly string[]): Promise<string> {
  writeFileSync(bench.path('a.bin'), torrent.data);
  const seeding = bench.start(['seed', 'a.bin.torrent', '--path', '.', '--listen', '127.0.0.1:0', ...args]);
  return seeding.line((line) => /^listening on (.*)$/.exec(line)?.[1]);
}

test.each(['http', 'udp'] as const)(
  'two processes find each other by a tracker over %s alone',
  async (scheme) => {
    const torrent = makeTorrent('a.bin', 40);
    const { announceUrl } =
      scheme === 'http' ? await tracker.listenHttp('127.0.0.1:0') : await tracker.listenUdp('127.0.0.1:0');
    put(torrent, announceUrl);
    await seed(torrent);
    const { exitCode, stderr } = await bench.download('a.bin.torrent', '--timeout', '60').end();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
    expect(Buffer.compare(readFileSync(bench.path('out', 'a.bin')), torrent.data)).toBe(0);
    expect(announced).toContain('completed');
    expect(announced.at(-1)).toBe('stopped');
  },
);

test('a magnet link is downloaded by its tracker alone', async () => {
  const torrent = makeTorrent('a.bin', 40);
  const { announceUrl } = await tracker.listenHttp('127.0.0.1:0');
  put(torrent, announceUrl);
  await seed(torrent);
  const link = `magnet:?xt=urn:btih:${torrent.metainfo.info.infoHash.hex}&tr=${encodeURIComponent(announceUrl)}`;
  const { exitCode } = await bench.download(link, '--timeout', '60').end();
  expect(exitCode).toBe(0);
  expect(Buffer.compare(readFileSync(bench.path('out', 'a.bin')), torrent.data)).toBe(0);
});

test.each([
  ['the peer that it names where its tracker is not there', 'peer'],
  ['its tracker where the peer that it names is not there', 'tracker'],
] as const)('a magnet link with both is downloaded by %s', async (_, there) => {
  const torrent = makeTorrent('a.bin', 40);
  const { announceUrl } = await tracker.listenHttp('127.0.0.1:0');
  const url = there === 'peer' ? `http://${nobody}/announce` : announceUrl;
  put(torrent, url);
  const address = await seed(torrent);
  const peer = there === 'peer' ? address : nobody;
  const link = `magnet:?xt=urn:btih:${torrent.metainfo.info.infoHash.hex}&tr=${encodeURIComponent(url)}&x.pe=${peer}`;
  const { exitCode } = await bench.download(link, '--timeout', '60').end();
  expect(exitCode).toBe(0);
  expect(Buffer.compare(readFileSync(bench.path('out', 'a.bin')), torrent.data)).toBe(0);
});

test('who names peers is announced to nobody, unless the trackers are asked for', async () => {
  const torrent = makeTorrent('a.bin', 40);
  const { announceUrl } = await tracker.listenHttp('127.0.0.1:0');
  put(torrent, announceUrl);
  const peer = await bench.seed(torrent);
  await bench.download('a.bin.torrent', '--peer', peer).end();
  expect(announced).toEqual([]);
  const again = await bench
    .start([
      'download',
      'a.bin.torrent',
      '-o',
      'again',
      '--peer',
      peer,
      '--tracker-from-torrent',
      '--seed-time',
      '3',
    ])
    .end();
  expect(again.exitCode).toBe(0);
  expect(announced).toContain('stopped');
});

test('a tracker that fails is warned of once, and the download goes on with the peers that there are', async () => {
  const torrent = makeTorrent('a.bin', 40);
  put(torrent, `http://${nobody}/announce`);
  const peer = await bench.seed(torrent, 10);
  const run = bench.download('a.bin.torrent', '--peer', peer, '--tracker-from-torrent', '--timeout', '20');
  const warning = await run.problem((line) => (line.includes('warning') ? line : undefined));
  expect(warning).toBe(
    `peerloom: warning: tracker http://${nobody}/announce: cannot connect to ${nobody}: ECONNREFUSED (TRACKER_CONNECT)`,
  );
  run.kill('SIGINT');
  expect(await run.end()).toMatchObject({ exitCode: 130 });
});

test('what trackers say is part of the JSON output', async () => {
  const torrent = makeTorrent('a.bin', 40);
  const { announceUrl } = await tracker.listenHttp('127.0.0.1:0');
  put(torrent, announceUrl);
  await seed(torrent);
  const { stdout } = await bench.download('a.bin.torrent', '--timeout', '60', '--json').end();
  const told = jsonLines(stdout).filter(({ plugin }) => plugin === 'tracker');
  expect(told).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: 'announce', data: expect.objectContaining({ event: 'started' }) }),
      expect.objectContaining({ event: 'reply', data: expect.objectContaining({ url: announceUrl }) }),
    ]),
  );
});
