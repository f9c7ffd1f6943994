import {
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { parseMetainfo } from '@peerloom/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliBench, summaryOf } from './cli-process.fake.js';

let bench: CliBench;

beforeEach(() => {
  bench = new CliBench();
  mkdirSync(bench.path('data/sub'), { recursive: true });
  writeFileSync(bench.path('data/a.bin'), Buffer.alloc(100_000, 'a'));
  writeFileSync(bench.path('data/sub/b.bin'), Buffer.alloc(70_000, 'b'));
  writeFileSync(bench.path('data/sub/c.txt'), 'c');
});

afterEach(() => bench.close());

async function create(): Promise<void> {
  const { exitCode } = await bench.run('create', 'data', '-o', 'd.torrent');
  expect(exitCode).toBe(0);
}

test('create makes the torrent that its options ask for, info shows it, verify finds the data right', async () => {
  const made = await bench.run(
    ...['create', 'data', '-o', 'd.torrent', '--piece-size', '32KiB', '--private', '--comment', 'July'],
    ...['--tracker', 'http://127.0.0.1:1/a', '--tracker', 'udp://127.0.0.1:2'],
  );
  expect(made).toMatchObject({ exitCode: 0, stderr: [] });
  const { info, trackers, comment } = parseMetainfo(readFileSync(bench.path('d.torrent')));
  expect(trackers).toEqual([['http://127.0.0.1:1/a'], ['udp://127.0.0.1:2']]);
  expect([info.isPrivate, info.layout.pieceLength, comment]).toEqual([true, 32_768, 'July']);
  expect(made.stdout).toContain(`infohash ${info.infoHash.hex}`);

  const shown = await bench.run('info', 'd.torrent');
  expect(shown.stdout).toContain('tracker 1   http://127.0.0.1:1/a');
  expect(shown.stdout).toContain('tracker 2   udp://127.0.0.1:2');
  expect(shown.stdout).toContain(`infohash    ${info.infoHash.hex}`);
  expect(shown.stdout).toContain('  1  68.4 KiB  data/sub/b.bin');
  expect(summaryOf((await bench.run('info', 'd.torrent', '--json')).stdout)).toMatchObject({
    type: 'summary',
    command: 'info',
    exitCode: 0,
    infoHash: info.infoHash.hex,
    totalBytes: 170_001,
    files: [{ path: 'data/a.bin' }, { path: 'data/sub/b.bin' }, { path: 'data/sub/c.txt', lengthBytes: 1 }],
  });

  expect(await bench.run('verify', 'd.torrent', '--path', '.')).toMatchObject({
    exitCode: 0,
    stdout: ['data: ok, 3 files, 6 pieces, 166 KiB'],
  });
});

test('create keeps a file that is there, unless told to overwrite it', async () => {
  writeFileSync(bench.path('d.torrent'), 'mine');
  const refused = await bench.run('create', 'data', '-o', 'd.torrent');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toEqual([expect.stringMatching(/^peerloom: .*d\.torrent.*\(CLI_OUTPUT_EXISTS\)$/)]);
  expect(readFileSync(bench.path('d.torrent'), 'utf8')).toBe('mine');

  expect(await bench.run('create', 'data', '-o', 'd.torrent', '--force')).toMatchObject({ exitCode: 0 });
  expect(parseMetainfo(readFileSync(bench.path('d.torrent'))).info.name).toBe('data');
});

test.for([
  ['into the shared folder', ['data', '-o', 'data/d.torrent'], 'CLI_OUTPUT_INSIDE'],
  ['over the shared file', ['data/a.bin', '-o', 'data/a.bin', '--force'], 'CLI_OUTPUT_INSIDE'],
  ['into a folder that is not there', ['data', '-o', 'nowhere/d.torrent'], 'CLI_FOLDER'],
  ['of nothing', ['nothing', '-o', 'd.torrent'], 'STORAGE_NOT_FOUND'],
  ['of a symbolic link', ['link', '-o', 'd.torrent'], 'STORAGE_SYMLINK'],
  ['with a wrong piece size', ['data', '-o', 'd.torrent', '--piece-size', '48KiB'], 'CLI_PIECE_SIZE'],
  ['with a wrong tracker', ['data', '-o', 'd.torrent', '--tracker', 'example'], 'CLI_TRACKER'],
  [
    'with a password in a tracker',
    ['data', '-o', 'd.torrent', '--tracker', 'http://ada:secret@127.0.0.1:1/a'],
    'CLI_TRACKER',
  ],
  [
    'with a tracker of another scheme',
    ['data', '-o', 'd.torrent', '--tracker', 'ftp://127.0.0.1/a'],
    'CLI_TRACKER',
  ],
  [
    'with a tracker longer than may be',
    ['data', '-o', 'd.torrent', '--tracker', `http://127.0.0.1/${'a'.repeat(9000)}`],
    'METAINFO_TRACKER',
  ],
  ['without an output', ['data'], 'CLI_USAGE'],
] as const)('create %s is refused with one line, and nothing is written', async ([, args, code]) => {
  symlinkSync('data', bench.path('link'));
  const before = readdirSync(bench.folder, { recursive: true });
  const { exitCode, stdout, stderr } = await bench.run('create', ...args);
  expect([exitCode, stdout]).toEqual([2, []]);
  expect(stderr).toEqual([expect.stringMatching(new RegExp(`^peerloom: .* \\(${code}\\)$`))]);
  expect(readdirSync(bench.folder, { recursive: true })).toEqual(before);
});

test('verify says of each file what is wrong, exits with 1 and changes nothing', async () => {
  await create();
  const wrong = Buffer.alloc(100_000, 'a');
  wrong[0] = 0;
  writeFileSync(bench.path('data/a.bin'), wrong);
  truncateSync(bench.path('data/sub/b.bin'), 65_000);
  unlinkSync(bench.path('data/sub/c.txt'));
  const before = readdirSync(bench.folder, { recursive: true });

  const { exitCode, stdout } = await bench.run('verify', 'd.torrent', '--path', '.');
  expect(exitCode).toBe(1);
  expect(stdout).toEqual([
    'data/a.bin: piece 0 is wrong, 1 of 7',
    'data/sub/b.bin: 63.5 KiB of 68.4 KiB, 5000 bytes missing',
    'data/sub/c.txt: missing',
    expect.stringMatching(/^data: 3 of 3 files not right; 9 of 11 pieces there$/),
  ]);
  const { stdout: json } = await bench.run('verify', 'd.torrent', '--path', '.', '--json');
  expect(summaryOf(json)).toMatchObject({
    exitCode: 1,
    pieceCount: 11,
    files: [
      { verdict: 'wrong', wrongPieces: [0] },
      { verdict: 'tooShort', actualLengthBytes: 65_000 },
      { verdict: 'missing' },
    ],
  });
  expect(readdirSync(bench.folder, { recursive: true })).toEqual(before);
});

test('seed of data that is not complete says how much there is and exits with 1', async () => {
  await create();
  unlinkSync(bench.path('data/sub/b.bin'));
  const { exitCode, stdout, stderr } = await bench.run(
    'seed',
    'd.torrent',
    '--path',
    '.',
    '--listen',
    '127.0.0.1:0',
  );
  expect([exitCode, stdout]).toEqual([1, []]);
  expect(stderr).toEqual([
    "peerloom: data: 57.8% of 166 KiB is in '.', 5 pieces are missing or wrong: not seeded (CLI_INCOMPLETE)",
  ]);
});

test('trackers are written as announce, and where there are several as tiers of announce-list too (BEP 12)', async () => {
  writeFileSync(bench.path('a.bin'), 'abc');
  const [one, two] = ['http://192.0.2.1/announce', 'udp://[2001:db8::1]:6969'];
  const start = async (...urls: readonly string[]): Promise<string> => {
    const trackers = urls.flatMap((url) => ['--tracker', url]);
    const run = await bench.run('create', 'a.bin', '-o', 'a.torrent', '--force', ...trackers);
    expect(run).toMatchObject({ exitCode: 0, stderr: [] });
    return /^.*?(?=10:created by)/s.exec(readFileSync(bench.path('a.torrent'), 'latin1'))?.[0] ?? '';
  };
  expect(await start()).toBe('d');
  expect(await start(one)).toBe(`d8:announce25:${one}`);
  expect(await start(one, two)).toBe(`d8:announce25:${one}13:announce-listll25:${one}el24:${two}ee`);
  expect(await start(two, one)).toBe(`d8:announce24:${two}13:announce-listll24:${two}el25:${one}ee`);
});
