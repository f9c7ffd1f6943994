import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jsonLines, summaryOf } from './cli-process.fake.js';
import { DownloadBench, nobody } from './download-bench.fake.js';
import { makeFolderTorrent, makeTorrent } from './stalling-seed.fake.js';

const torrent = makeTorrent('a.bin', 40);
let bench: DownloadBench;

beforeEach(() => {
  bench = new DownloadBench();
  bench.put(torrent);
});

afterEach(() => bench.close());

/** An extension that holds up the end for as long as it may, and says when it begins. */
const lingering = `
export default () => ({
  name: 'lingering',
  apiVersion: 1,
  removed() {
    process.stderr.write('lingering\\n');
    return new Promise(() => {});
  },
});
`;

test('a second SIGINT ends at once', async () => {
  writeFileSync(bench.path('lingering.mjs'), lingering);
  const peer = await bench.seed(torrent, 3);
  const run = bench.download('a.bin.torrent', '--peer', peer, '--json', '--ext', './lingering.mjs');
  await run.line((line) => (line.includes('"pieceFinished"') ? true : undefined));
  run.kill('SIGINT');
  await run.problem((line) => (line === 'lingering' ? true : undefined));
  // What comes with the first one counts as the same, so it takes another a little later.
  const again = setInterval(() => run.kill('SIGINT'), 50);
  const { exitCode, stdout } = await run.end();
  clearInterval(again);
  expect(exitCode).toBe(130);
  expect(stdout.filter((line) => line.includes('"sessionStopped"') || line.includes('"summary"'))).toEqual(
    [],
  );
});

test.for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s stops a download cleanly, with its own exit code', async ([signal, expected]) => {
  const run = bench.download('a.bin.torrent', '--peer', await bench.seed(torrent, 3), '--json');
  await run.line((line) => (line.includes('"pieceFinished"') ? true : undefined));
  run.kill(signal);
  const { exitCode, stdout } = await run.end();
  expect(exitCode).toBe(expected);
  expect(jsonLines(stdout).map(({ type }) => type)).toContain('sessionStopped');
  expect(summaryOf(stdout)).toMatchObject({ type: 'summary', exitCode: expected });
});

test('when nobody reads what a download says, it stops in silence', async () => {
  const run = bench.download('a.bin.torrent', '--peer', await bench.seed(torrent, 3), '--json');
  await run.line(() => true);
  run.closeStdout();
  expect(await run.end()).toMatchObject({ exitCode: 130, stderr: [] });
});

test('peers that refuse are told soon, with who and why', async () => {
  const { exitCode, stderr } = await bench
    .download('a.bin.torrent', '--peer', nobody, '--timeout', '20')
    .end();
  expect(exitCode).toBe(1);
  expect(stderr).toEqual([
    expect.stringMatching(
      /^peerloom: no peer can be reached \(the last one: [^(]*127\.0\.0\.1:1: \w+\) \(CLI_NO_PEER_LEFT\)$/,
    ),
  ]);
});

test('a name without an address is told, and others are downloaded from', async () => {
  const peer = await bench.seed(torrent);
  const run = await bench.download('a.bin.torrent', '--peer', 'no.invalid:1', '--peer', peer).end();
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toEqual([expect.stringMatching(/^a\.bin: complete, /)]);
});

test('names of which none has an address end it, unless it listens', async () => {
  const names = ['--peer', 'no.invalid:1', '--peer', 'nor.this.invalid:1'];
  const run = await bench.download('a.bin.torrent', ...names).end();
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toHaveLength(2);
  expect(run.stderr[0]).toMatch(/^peerloom: warning: --peer: .*\.invalid.* \(NETWORK_RESOLVE\)$/);
  expect(run.stderr[1]).toMatch(/^peerloom: --peer: .*\.invalid.* \(NETWORK_RESOLVE\)$/);

  const waiting = bench.download('a.bin.torrent', '--listen', '127.0.0.1:0', '--peer', 'no.invalid:1');
  await waiting.problem((line) => (line.includes('NETWORK_RESOLVE') ? true : undefined));
  waiting.kill('SIGINT');
  expect((await waiting.end()).exitCode).toBe(130);
});

test('a file of another torrent is not written over', async () => {
  mkdirSync(bench.path('out'));
  writeFileSync(bench.path('out/a.bin'), 'mine');
  const run = await bench.download('a.bin.torrent', '--peer', nobody).end();
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toEqual([expect.stringMatching(/^peerloom: 'a\.bin' .*\(STORAGE_FOREIGN_FILE\)$/)]);
});

test.for([
  ['a folder in place of a file', 'out/t/a.bin/x', [], "'t/a.bin' is not a regular file"],
  ['a folder in place of an empty file', 'out/t/empty/x', [], "'t/empty' is not a regular file"],
  ['a file in place of a folder', 'out/t/sub', [], "cannot read 't/sub/b.bin': a file is where a folder"],
  [
    'a folder in place of what is kept aside',
    'parts',
    ['--select', 'a.bin'],
    "/parts/1' is not a regular file",
  ],
] as const)('%s is told before anybody is connected to', async ([, place, args, message]) => {
  const folder = makeFolderTorrent('t', { 'a.bin': 20_000, empty: 0, 'sub/b.bin': 20_000 });
  bench.put(folder);
  const state = `out/.peerloom/${folder.metainfo.info.infoHash.hex}/parts/1/x`;
  const path = bench.path(place === 'parts' ? state : place);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  const run = await bench.download('t.torrent', '--peer', await bench.seed(folder), '--json', ...args).end();
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toEqual([expect.stringContaining(message)]);
  expect(run.stderr[0]).toMatch(/^peerloom: .* \(STORAGE_NOT_A_FILE\)$/);
  expect(run.stdout.filter((line) => line.includes('"peerConnected"'))).toEqual([]);
});

test('a link in place of the file is not followed', async () => {
  mkdirSync(bench.path('out'));
  writeFileSync(bench.path('elsewhere'), '');
  symlinkSync(bench.path('elsewhere'), bench.path('out/a.bin'));
  const run = await bench.download('a.bin.torrent', '--peer', nobody).end();
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toEqual([expect.stringMatching(/^peerloom: .*'a\.bin'.* \(STORAGE_\w+\)$/)]);
});

test.for([
  [['download', 'a.bin.torrent', '--json'], 'CLI_NO_PEERS', 2],
  [['download', 'none.torrent', '--json'], 'STORAGE_NOT_FOUND', 2],
  [['download', 'a.bin.torrent', '--json', '--select', '9'], 'CLI_SELECT', 2],
  [['seed', 'a.bin.torrent', '--path', '.', '--json'], 'CLI_INCOMPLETE', 1],
  [['verify', 'a.bin.torrent', '--path', 'none', '--json'], 'CLI_FOLDER', 2],
  [['info', 'none.torrent', '--json'], 'STORAGE_NOT_FOUND', 2],
] as const)('with --json, %j ends with a summary that has the error', async ([args, code, exitCode]) => {
  const run = await bench.run(...args);
  expect(run.exitCode).toBe(exitCode);
  expect(run.stderr).toHaveLength(1);
  for (const line of jsonLines(run.stdout)) expect(line.type).toEqual(expect.any(String));
  expect(summaryOf(run.stdout)).toMatchObject({
    type: 'summary',
    command: args[0],
    exitCode,
    error: { code },
  });
  expect(existsSync(bench.path('out'))).toBe(false);
});
