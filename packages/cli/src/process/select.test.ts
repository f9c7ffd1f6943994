import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { summaryOf } from './cli-process.fake.js';
import { DownloadBench } from './download-bench.fake.js';
import { fileBytes, makeFolderTorrent } from './stalling-seed.fake.js';

const pieceLength = 16 * 1024;
// A piece is shared by a.bin and b.bin, none by b.bin and c.txt.
const torrent = makeFolderTorrent('t', {
  ...{ 'a.bin': pieceLength * 1.5, 'sub/b.bin': pieceLength * 2.5, 'sub/c.txt': pieceLength, empty: 0 },
});
let bench: DownloadBench;

beforeEach(() => {
  bench = new DownloadBench();
  bench.put(torrent);
});

afterEach(() => bench.close());

/** The files of the torrent that there are. */
function files(): readonly string[] {
  if (!existsSync(bench.path('out/t'))) return [];
  return readdirSync(bench.path('out/t'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

function isRight(index: number, path: string): boolean {
  return readFileSync(bench.path('out/t', path)).equals(fileBytes(torrent, index));
}

test('--select downloads what it names, and is done when that is there', async () => {
  const peer = await bench.seed(torrent);
  const run = await bench.download('t.torrent', '--peer', peer, '--select', 'c.txt').end();
  expect(run).toMatchObject({ exitCode: 0, stderr: [] });
  expect(run.stdout).toEqual([expect.stringMatching(/^t: complete, 16\.0 KiB in /)]);
  expect(files()).toEqual(['c.txt']);
  expect(isRight(2, 'sub/c.txt')).toBe(true);

  const again = await bench.download('t.torrent', '--select', '2').end();
  expect(again).toMatchObject({ exitCode: 0, stdout: ['t: complete already, nothing to download'] });
});

test('more is downloaded when more is selected, and what is there is kept', async () => {
  const peer = await bench.seed(torrent);
  await bench.download('t.torrent', '--peer', peer, '--select', '1').end();
  expect(files()).toEqual(['b.bin']);
  expect(isRight(1, 'sub/b.bin')).toBe(true);
  const rest = await bench
    .download('t.torrent', '--peer', peer, '--json', '--select', '0', '--select', '*.txt')
    .end();
  expect(rest.exitCode).toBe(0);
  expect(summaryOf(rest.stdout)).toMatchObject({
    torrents: [{ state: 'seeding', wantedBytes: pieceLength * 2.5, wantedHaveBytes: pieceLength * 2.5 }],
  });
  expect([isRight(0, 'a.bin'), isRight(1, 'sub/b.bin'), isRight(2, 'sub/c.txt')]).toEqual([true, true, true]);
});

test('an empty file is made though nothing is downloaded for it, and nothing else is', async () => {
  const run = await bench.download('t.torrent', '--select', 'empty').end();
  expect(run).toMatchObject({ exitCode: 0, stdout: ['t: complete already, nothing to download'] });
  expect(files()).toEqual(['empty']);
});

test('an empty file that is missing is made where all else is there; verify makes none', async () => {
  await bench.download('t.torrent', '--peer', await bench.seed(torrent)).end();
  rmSync(bench.path('out/t/empty'));
  const verified = await bench.run('verify', 't.torrent', '--path', 'out');
  expect([verified.exitCode, verified.stdout[0]]).toEqual([1, 't/empty: missing']);
  expect(files()).toEqual(['a.bin', 'b.bin', 'c.txt']);
  expect(await bench.download('t.torrent').end()).toMatchObject({ exitCode: 0, stderr: [] });
  expect(files()).toEqual(['a.bin', 'b.bin', 'c.txt', 'empty']);
});

test('verify looks at files that were not selected, and makes none of them', async () => {
  await bench.download('t.torrent', '--peer', await bench.seed(torrent), '--select', '1').end();
  const before = readdirSync(bench.path('out'), { recursive: true });
  const { exitCode, stdout } = await bench.run('verify', 't.torrent', '--path', 'out');
  expect(exitCode).toBe(1);
  expect(stdout.slice(0, -1)).toEqual(['t/a.bin: missing', 't/sub/c.txt: missing', 't/empty: missing']);
  expect(readdirSync(bench.path('out'), { recursive: true })).toEqual(before);
});

test('an interrupted one counts the bytes that were selected', async () => {
  const peer = await bench.seed(torrent, 2);
  const run = bench.download('t.torrent', '--peer', peer, '--select', 'sub', '--json', '--sequential');
  let count = 0;
  await run.line((line) => (line.includes('"pieceFinished"') && ++count === 2 ? true : undefined));
  run.kill('SIGINT');
  const { exitCode, stderr } = await run.end();
  expect(exitCode).toBe(130);
  // Of piece 1 one half is of another file.
  expect(stderr).toEqual([expect.stringMatching(/^peerloom: interrupted at 42\.8% of 56\.0 KiB; /)]);
});

test('info shows the indices that --select takes, and --sequential is asked for in order', async () => {
  const { stdout } = await bench.run('info', 't.torrent');
  expect(stdout.slice(-4)).toEqual([
    '  0  24.0 KiB  t/a.bin',
    '  1  40.0 KiB  t/sub/b.bin',
    '  2  16.0 KiB  t/sub/c.txt',
    '  3       0 B  t/empty',
  ]);
  const run = await bench
    .download('t.torrent', '--peer', await bench.seed(torrent), '--sequential', '--json', '--alerts', 'block')
    .end();
  const asked = run.stdout.flatMap((line) =>
    line.includes('"blockRequested"') ? [JSON.parse(line).piece] : [],
  );
  expect(asked).toEqual([0, 1, 2, 3, 4]);
});
