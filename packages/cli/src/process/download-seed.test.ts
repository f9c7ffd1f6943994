import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { formatEndpoint, parseEndpoint } from '@peerloom/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliBench, type CliProcess, jsonLines, summaryOf } from './cli-process.fake.js';
import { makeFolderTorrent, makeTorrent, StallingSeed } from './stalling-seed.fake.js';

const pieceLength = 16 * 1024;
const torrent = makeTorrent('a.bin', 40);
let bench: CliBench;
const seeds: StallingSeed[] = [];

beforeEach(() => {
  bench = new CliBench();
  writeFileSync(bench.path('a.torrent'), torrent.file);
});

afterEach(async () => {
  await bench.close();
  for (const seed of seeds.splice(0)) await seed.stop();
});

/** A seed in this process; answers with its address. */
async function seedBlocks(servedBlocks: number): Promise<string> {
  const seed = new StallingSeed(torrent, servedBlocks);
  seeds.push(seed);
  return formatEndpoint(await seed.listen());
}

/** The address that a command says it listens on. */
function listening(command: CliProcess): Promise<string> {
  return command.line((line) => /^listening on (.+)$/.exec(line)?.[1]);
}

function download(...args: readonly string[]): CliProcess {
  return bench.start(['download', 'a.torrent', '-o', 'out', ...args]);
}

function downloaded(): Buffer {
  return readFileSync(bench.path('out/a.bin'));
}

test('one process seeds, another downloads the same bytes; a second time there is nothing to do', async () => {
  mkdirSync(bench.path('data'));
  writeFileSync(bench.path('data/a.bin'), torrent.data);
  const seed = bench.start(['seed', 'a.torrent', '--path', 'data', '--listen', '127.0.0.1:0']);
  const peer = await listening(seed);

  const first = await download('--peer', peer).end();
  expect(first).toMatchObject({ exitCode: 0, stderr: [] });
  expect(first.stdout).toEqual([expect.stringMatching(/^a\.bin: complete, 640 KiB in .+\/s\)$/)]);
  expect(downloaded().equals(torrent.data)).toBe(true);

  const again = await download('--peer', peer, '--json').end();
  expect(again.exitCode).toBe(0);
  const types = jsonLines(again.stdout).map(({ type }) => type);
  expect(types).not.toContain('peerConnected');
  expect(types).not.toContain('listenSucceeded');
  expect(await download().end()).toMatchObject({
    exitCode: 0,
    stdout: ['a.bin: complete already, nothing to download'],
  });

  seed.kill('SIGINT');
  expect(await seed.end()).toMatchObject({
    exitCode: 130,
    stderr: ['peerloom: interrupted (CLI_INTERRUPTED)'],
  });
});

test('--json is one object a line: alerts with addresses, hashes and errors as text, and a summary last', async () => {
  const peer = await seedBlocks(Number.POSITIVE_INFINITY);
  const { exitCode, stdout, stderr } = await download('--peer', peer, '--json').end();
  expect([exitCode, stderr]).toEqual([0, []]);
  const lines = jsonLines(stdout);
  const infoHash = torrent.metainfo.info.infoHash.hex;
  expect(lines).toContainEqual({
    ...{ type: 'peerConnected', infoHash, endpoint: peer, isOutgoing: true, transport: 'tcp' },
  });
  expect(lines.filter(({ type }) => type === 'pieceFinished')).toHaveLength(40);
  expect(lines.filter(({ type }) => String(type).startsWith('block'))).toEqual([]);
  expect(lines.filter(({ type }) => type === 'summary')).toHaveLength(1);
  expect(lines.at(-1)).toMatchObject({
    ...{ type: 'summary', command: 'download', exitCode: 0 },
    torrents: [{ name: 'a.bin', infoHash, state: 'seeding', piecesHave: 40, haveBytes: torrent.data.length }],
  });
});

test('--alerts adds the alerts of blocks', async () => {
  const peer = await seedBlocks(Number.POSITIVE_INFINITY);
  const { stdout } = await download('--peer', peer, '--json', '--alerts', 'block').end();
  expect(jsonLines(stdout).filter(({ type }) => type === 'blockFinished')).toHaveLength(40);
});

test('an interrupted download stops cleanly, keeps what it has, and the next run gets the rest only', async () => {
  const stalled = download('--peer', await seedBlocks(10), '--json');
  let finishedCount = 0;
  await stalled.line((line) => {
    if (line.includes('"pieceFinished"')) finishedCount++;
    return finishedCount === 10 ? true : undefined;
  });
  // One Ctrl-C may come twice: from the terminal and from a parent.
  stalled.kill('SIGINT');
  stalled.kill('SIGINT');
  const { exitCode, stdout, stderr } = await stalled.end();
  expect(exitCode).toBe(130);
  expect(stderr).toEqual([
    'peerloom: interrupted at 25.0% of 640 KiB; run it again to go on (CLI_INTERRUPTED)',
  ]);
  expect(jsonLines(stdout).map(({ type }) => type)).toContain('sessionStopped');
  expect(summaryOf(stdout)).toMatchObject({
    ...{ type: 'summary', exitCode: 130 },
    error: { code: 'CLI_INTERRUPTED' },
    torrents: [{ piecesHave: 10 }],
  });

  const rest = await download('--peer', await seedBlocks(Number.POSITIVE_INFINITY), '--json').end();
  expect(rest.exitCode).toBe(0);
  expect(summaryOf(rest.stdout)).toMatchObject({ torrents: [{ downloadedBytes: 30 * pieceLength }] });
  expect(downloaded().equals(torrent.data)).toBe(true);
});

test('--timeout ends a download that does not get on with exit code 4', async () => {
  const { exitCode, stderr } = await download('--peer', await seedBlocks(3), '--timeout', '1').end();
  expect(exitCode).toBe(4);
  expect(stderr).toEqual([
    expect.stringMatching(/^peerloom: --timeout: 1\.0s have passed, .*\(CLI_TIMEOUT\)$/),
  ]);
});

test('a download that listens where it was told is found by others', async () => {
  const waiting = download('--listen', '127.0.0.1:0');
  const address = parseEndpoint(await listening(waiting));
  await seedBlocks(Number.POSITIVE_INFINITY);
  expect(seeds[0]?.connect(address)).toBe(true);
  expect((await waiting.end()).exitCode).toBe(0);
  expect(downloaded().equals(torrent.data)).toBe(true);
});

test('with --seed-time, what was downloaded is seeded', async () => {
  const peer = await seedBlocks(Number.POSITIVE_INFINITY);
  const first = download('--peer', peer, '--listen', '127.0.0.1:0', '--seed-time', '600');
  const address = await listening(first);
  await first.line((line) => (line === 'seeding for 10m00s' ? true : undefined));
  expect(await bench.run('download', 'a.torrent', '-o', 'second', '--peer', address)).toMatchObject({
    exitCode: 0,
  });
  expect(readFileSync(bench.path('second/a.bin')).equals(torrent.data)).toBe(true);
});

test('seeding ends with exit code 0 when --seed-time is over', async () => {
  const peer = await seedBlocks(Number.POSITIVE_INFINITY);
  expect(await download('--peer', peer, '--seed-time', '0.01').end()).toMatchObject({
    exitCode: 0,
    stderr: [],
  });
});

test('a name of this machine is good as a peer', async () => {
  const peer = await seedBlocks(Number.POSITIVE_INFINITY);
  const byName = peer.replace('127.0.0.1', 'localhost');
  expect((await download('--peer', byName).end()).exitCode).toBe(0);
});

test('a disk that takes no data ends the download with exit code 3', async () => {
  mkdirSync(bench.path('out/a.bin'), { recursive: true });
  const peer = await seedBlocks(Number.POSITIVE_INFINITY);
  const { exitCode, stderr } = await download('--peer', peer).end();
  expect(exitCode).toBe(3);
  expect(stderr).toEqual([expect.stringMatching(/^peerloom: .*a\.bin.* \(STORAGE_NOT_A_FILE\)$/)]);
});

test('with nobody to connect to, a download says so and writes nothing', async () => {
  const { exitCode, stderr } = await download().end();
  expect(exitCode).toBe(2);
  expect(stderr).toEqual([
    expect.stringMatching(/^peerloom: there is nobody to connect to: .*\(CLI_NO_PEERS\)$/),
  ]);
  expect(existsSync(bench.path('out'))).toBe(false);
});

const magnet = 'magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567';

test.for([
  [
    'a magnet link without what gets metadata',
    ['download', magnet, '--no-ext', 'ut_metadata'],
    'CLI_MAGNET_METADATA',
  ],
  ['a magnet link without peers', ['download', magnet], 'CLI_NO_PEERS'],
  ['a malformed magnet link', ['info', 'magnet:?xt=urn:btih:12'], 'MAGNET_INFO_HASH'],
  ['a malformed torrent', ['download', 'bad.torrent'], 'METAINFO_BENCODE'],
  ['a missing torrent', ['download', 'none.torrent'], 'STORAGE_NOT_FOUND'],
  ['a folder for a torrent', ['verify', 'folder', '--path', '.'], 'STORAGE_NOT_A_FILE'],
  ['two torrents of one file', ['download', 'a.torrent', 'other.torrent'], 'CLI_SAME_FILE'],
  ['a file in place of a folder', ['download', 'a.torrent', 'in.torrent'], 'CLI_SAME_FILE'],
  ['a folder in place of a file', ['download', 'in.torrent', 'a.torrent'], 'CLI_SAME_FILE'],
  ['a selection of nothing', ['download', 'a.torrent', '--select', '1'], 'CLI_SELECT'],
  ['a malformed selection', ['download', 'a.torrent', '--select', '0,'], 'CLI_SELECT'],
  ['a selection of two', ['download', 'a.torrent', 'b.torrent', '--select', '0'], 'CLI_SELECT'],
  ['a file for a state folder', ['download', 'a.torrent', '--state', 'a.torrent'], 'CLI_FOLDER'],
  ['a malformed peer', ['download', 'a.torrent', '--peer', '127.0.0.1'], 'ENDPOINT_SYNTAX'],
  ['a peer of port 0', ['download', 'a.torrent', '--peer', '127.0.0.1:0'], 'ENDPOINT_PORT'],
  ['a peer that has no address', ['download', 'a.torrent', '--peer', 'no.invalid:1'], 'NETWORK_RESOLVE'],
  ['a name to listen on', ['download', 'a.torrent', '--listen', 'localhost:1'], 'ENDPOINT_ADDRESS'],
  [
    'another machine to listen on',
    ['download', 'a.torrent', '--listen', '192.0.2.1:1'],
    'NETWORK_ADDRESS_UNAVAILABLE',
  ],
  ['a file for an output folder', ['download', 'a.torrent', '-o', 'a.torrent'], 'CLI_FOLDER'],
  ['a missing data folder', ['seed', 'a.torrent', '--path', 'none'], 'CLI_FOLDER'],
  ['a wrong timeout', ['download', 'a.torrent', '--timeout', '-1'], 'CLI_SECONDS'],
  ['a wrong rate', ['download', 'a.torrent', '--limit-down', '1MB'], 'CLI_RATE'],
  ['no rate at all', ['seed', 'a.torrent', '--path', '.', '--limit-up', '0'], 'CLI_RATE'],
  ['an unknown option', ['download', 'a.torrent', '--fast'], 'CLI_USAGE'],
  ['--alerts without --json', ['download', 'a.torrent', '--alerts', 'log'], 'CLI_USAGE'],
  ['an unknown category of alerts', ['download', 'a.torrent', '--json', '--alerts', 'all'], 'CLI_ALERTS'],
  ['a missing argument', ['download'], 'CLI_USAGE'],
  ['an argument too many', ['verify', 'a.torrent', 'b', '--path', '.'], 'CLI_USAGE'],
  ['an unknown command', ['dowload', 'a.torrent'], 'CLI_USAGE'],
  ['an unknown swarm', ['swarm', 'nothing'], 'CLI_SCENARIO'],
] as const)('%s is told in one line, with exit code 2, and nothing is written', async ([, args, code]) => {
  writeFileSync(bench.path('bad.torrent'), 'd4:infoe');
  writeFileSync(bench.path('other.torrent'), makeTorrent('A.BIN', 3).file);
  writeFileSync(bench.path('b.torrent'), makeTorrent('b.bin', 3).file);
  writeFileSync(bench.path('in.torrent'), makeFolderTorrent('a.bin', { x: 1 }).file);
  mkdirSync(bench.path('folder'));
  const before = readdirSync(bench.folder, { recursive: true });
  const { exitCode, stderr } = await bench.run(...args);
  expect(stderr).toEqual([expect.stringMatching(new RegExp(`^peerloom: .* \\(${code}\\)$`))]);
  expect(exitCode).toBe(2);
  expect(readdirSync(bench.folder, { recursive: true })).toEqual(before);
});
