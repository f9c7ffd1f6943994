import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jsonLines, summaryOf } from './cli-process.fake.js';
import { DownloadBench, nobody } from './download-bench.fake.js';
import { makeFolderTorrent, makeTorrent, type TestTorrent } from './stalling-seed.fake.js';

const single = makeTorrent('a.bin', 40);
const folder = makeFolderTorrent('set', { 'one.txt': 20_000, 'sub/two.bin': 50_000 });
let bench: DownloadBench;

beforeEach(() => {
  bench = new DownloadBench();
});

afterEach(() => bench.close());

function linkOf({ metainfo }: TestTorrent, more = ''): string {
  return `magnet:?xt=urn:btih:${metainfo.info.infoHash.hex}${more}`;
}

/** Seeds with the command, which answers requests for metadata. Resolves with where it listens. */
async function seed(torrent: TestTorrent, ...args: readonly string[]): Promise<string> {
  bench.put(torrent);
  const { name } = torrent.metainfo.info;
  writeFileSync(bench.path(name), torrent.data);
  const started = bench.start([
    ...['seed', `${name}.torrent`, '--path', '.', '--listen', '127.0.0.1:0', ...args],
  ]);
  return started.line((line) => /^listening on (.*)$/.exec(line)?.[1]);
}

test('a magnet link is downloaded from a peer that has its metadata, and goes on where it stopped', async () => {
  const peer = await seed(single);
  const args = [linkOf(single, '&dn=shown'), '--peer', peer];
  const { exitCode, stdout, stderr } = await bench.download(...args).end();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
  expect(stdout).toEqual(['a.bin: metadata received', expect.stringMatching(/^a\.bin: complete, 640 KiB/)]);
  expect(Buffer.compare(readFileSync(bench.path('out', 'a.bin')), single.data)).toBe(0);
  const again = await bench.download(...args, '--json').end();
  expect(again.exitCode).toBe(0);
  expect(summaryOf(again.stdout)).toMatchObject({
    torrents: [{ downloadedBytes: 0, haveBytes: 640 * 1024 }],
  });
});

/** The file that holds the metadata of a torrent that was added by magnet link. */
function keptMetadata({ metainfo }: TestTorrent): string {
  return bench.path('out', '.peerloom', metainfo.info.infoHash.hex, 'info');
}

/** Downloads by magnet link until some pieces are there, and is killed. Resolves with the address of a slow seed. */
async function downloadAndKill(torrent: TestTorrent): Promise<string> {
  const slow = await seed(torrent, '--limit-up', '200KiB');
  const run = bench.download(linkOf(torrent), '--peer', slow, '--json');
  let finished = 0;
  await run.line((line) => (line.includes('"pieceFinished"') && ++finished === 5 ? true : undefined));
  run.kill('SIGKILL');
  await run.end();
  return slow;
}

test('after SIGKILL the metadata is known without anybody who has it, and the download goes on', async () => {
  await downloadAndKill(single);
  const alone = await bench.download(linkOf(single, '&dn=shown')).end();
  expect(alone).toMatchObject({ exitCode: 2, stderr: [expect.stringContaining('(CLI_NO_PEERS)')] });
  expect(alone.stdout).toEqual([expect.stringMatching(/^a\.bin: .*% of 640 KiB is there already$/)]);
  // It has the data, and does not know the message.
  const deaf = await bench.seed(single);
  const { exitCode, stdout, stderr } = await bench.download(linkOf(single), '--peer', deaf).end();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
  expect(stdout).toEqual([alone.stdout[0], expect.stringMatching(/^a\.bin: complete/)]);
  expect(Buffer.compare(readFileSync(bench.path('out', 'a.bin')), single.data)).toBe(0);
  const complete = await bench.download(linkOf(single)).end();
  expect(complete).toMatchObject({
    exitCode: 0,
    stdout: ['a.bin: complete already, nothing to download'],
  });
});

test('kept metadata that is damaged is told of, and fetched again', async () => {
  const peer = await downloadAndKill(single);
  const right = readFileSync(keptMetadata(single));
  writeFileSync(keptMetadata(single), right.subarray(1));
  const { exitCode, stdout, stderr } = await bench.download(linkOf(single), '--peer', peer).end();
  expect(exitCode).toBe(0);
  expect(stderr).toEqual([expect.stringMatching(/metadata is fetched again: .* \(METAINFO_INFO_HASH\)$/)]);
  expect(stdout[0]).toBe('a.bin: metadata received');
  expect(Buffer.compare(readFileSync(keptMetadata(single)), right)).toBe(0);
});

test('peers that the link names are connected to', async () => {
  const peer = await seed(single);
  const { exitCode } = await bench.download(linkOf(single, `&x.pe=${peer}`)).end();
  expect(exitCode).toBe(0);
  expect(Buffer.compare(readFileSync(bench.path('out', 'a.bin')), single.data)).toBe(0);
});

test('selects files once it is known which there are', async () => {
  const address = await bench.seed(folder);
  // It has the data, and does not know the message; another process has the metadata.
  bench.put(folder);
  const withMetadata = bench.start(['download', 'set.torrent', '-o', 'other', '--listen', '127.0.0.1:0']);
  const peer = await withMetadata.line((line) => /^listening on (.*)$/.exec(line)?.[1]);
  const link = linkOf(folder);
  const { exitCode, stderr } = await bench
    .download(link, '--peer', address, '--peer', peer, '--select', '*.txt')
    .end();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
  expect(existsSync(bench.path('out', 'set', 'one.txt'))).toBe(true);
  expect(existsSync(bench.path('out', 'set', 'sub', 'two.bin'))).toBe(false);
  const wrong = await bench.download(link, '--peer', peer, '--select', 'none.txt').end();
  expect(wrong).toMatchObject({ exitCode: 2, stderr: [expect.stringContaining('(CLI_SELECT)')] });
});

test('waits for metadata no longer than it may, and gives up where nobody can be reached', async () => {
  // It has the torrent and does not know the message.
  const deaf = await bench.seed(single);
  const late = await bench.download(linkOf(single), '--peer', deaf, '--timeout', '1').end();
  expect(late).toMatchObject({ exitCode: 4, stderr: [expect.stringContaining('(CLI_TIMEOUT)')] });
  const hopeless = await bench.download(linkOf(single), '--peer', nobody).end();
  expect(hopeless).toMatchObject({ exitCode: 1, stderr: [expect.stringContaining('(CLI_NO_PEER_LEFT)')] });
});

test('a link whose files another torrent writes is told of when they are known', async () => {
  const peer = await seed(single);
  const twin = makeTorrent('a.bin', 3);
  writeFileSync(bench.path('twin.torrent'), twin.file);
  const { exitCode, stdout } = await bench
    .download('twin.torrent', linkOf(single), '--peer', peer, '--json', '--timeout', '20')
    .end();
  expect(exitCode).not.toBe(0);
  expect(jsonLines(stdout).at(-1)).toMatchObject({
    torrents: [{}, { error: { code: 'CLI_SAME_FILE' } }],
  });
});
