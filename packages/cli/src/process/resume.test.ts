import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliProcess, type CliResult, jsonLines, summaryOf } from './cli-process.fake.js';
import { DownloadBench } from './download-bench.fake.js';
import { makeTorrent } from './stalling-seed.fake.js';

const pieceLength = 16 * 1024;
const torrent = makeTorrent('a.bin', 40);
let bench: DownloadBench;

beforeEach(() => {
  bench = new DownloadBench();
  bench.put(torrent);
});

afterEach(() => bench.close());

/** Starts a download from a seed that serves so many pieces only, and resolves when it has them. */
async function downloadPieces(count: number): Promise<CliProcess> {
  const run = bench.download('a.bin.torrent', '--peer', await bench.seed(torrent, count), '--json');
  let finished = 0;
  await run.line((line) => (line.includes('"pieceFinished"') && ++finished === count ? true : undefined));
  return run;
}

async function downloadRest(): Promise<CliResult> {
  return bench.download('a.bin.torrent', '--peer', await bench.seed(torrent), '--json').end();
}

function downloadedBytes({ stdout }: CliResult): number {
  const { torrents } = summaryOf(stdout) as { readonly torrents: readonly [{ downloadedBytes: number }] };
  return torrents[0].downloadedBytes;
}

/** The alert of this type that a run has told. */
function alertOf({ stdout }: CliResult, type: string): Readonly<Record<string, unknown>> | undefined {
  return jsonLines(stdout).find((line) => line.type === type);
}

/** Files that hold what is known of the data. */
function stateFiles(): readonly string[] {
  return readdirSync(bench.path('out/.peerloom'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function isRight(): boolean {
  return readFileSync(bench.path('out/a.bin')).equals(torrent.data);
}

test('after SIGKILL in the middle, what had been saved is neither fetched again nor checked', async () => {
  const killed = await downloadPieces(25);
  killed.kill('SIGKILL');
  await killed.end();

  const rest = await downloadRest();
  expect(rest.exitCode).toBe(0);
  expect(downloadedBytes(rest)).toBe(15 * pieceLength);
  expect(alertOf(rest, 'resumeLoaded')).toMatchObject({ piecesTrusted: 25, piecesToCheck: 0 });
  expect(isRight()).toBe(true);
});

test('an interrupted download says what is there, and does not check it', async () => {
  const interrupted = await downloadPieces(10);
  interrupted.kill('SIGINT');
  await interrupted.end();
  const peer = await bench.seed(torrent);
  const rest = await bench.download('a.bin.torrent', '--peer', peer).end();
  expect(rest).toMatchObject({ exitCode: 0, stderr: [] });
  expect(rest.stdout[0]).toBe('a.bin: 25.0% of 640 KiB is there already');
  const again = await bench.download('a.bin.torrent', '--json').end();
  expect(alertOf(again, 'resumeLoaded')).toMatchObject({ piecesTrusted: 40, piecesToCheck: 0 });
});

test('a second process on the same data is refused in one line; verify only looks, and is not', async () => {
  const first = await downloadPieces(10);
  const refusal = /^peerloom: .* \(STORAGE_LOCKED\)$/;
  const second = await bench.download('a.bin.torrent', '--peer', '127.0.0.1:1').end();
  expect(second).toMatchObject({ exitCode: 3, stderr: [expect.stringMatching(refusal)] });
  const seed = await bench.run('seed', 'a.bin.torrent', '--path', 'out', '--listen', '127.0.0.1:0');
  expect(seed).toMatchObject({ exitCode: 3, stderr: [expect.stringMatching(refusal)] });
  const before = stateFiles();
  const verify = await bench.run('verify', 'a.bin.torrent', '--path', 'out', '--json');
  expect(summaryOf(verify.stdout)).toMatchObject({ exitCode: 1, piecesHave: 10 });
  expect(stateFiles()).toEqual(before);
  first.kill('SIGINT');
  expect((await first.end()).exitCode).toBe(130);
});

test('what is known of the data and was damaged is told, and all is checked', async () => {
  const interrupted = await downloadPieces(10);
  interrupted.kill('SIGINT');
  await interrupted.end();
  for (const file of stateFiles()) writeFileSync(file, 'damaged');

  const peer = await bench.seed(torrent);
  const rest = await bench.download('a.bin.torrent', '--peer', peer).end();
  expect(rest.exitCode).toBe(0);
  expect(rest.stderr).toEqual([expect.stringMatching(/^peerloom: warning: a\.bin: .* \([A-Z_]+\)$/)]);
  expect(rest.stdout[0]).toBe('a.bin: 25.0% of 640 KiB is there already');
  expect(isRight()).toBe(true);
});

test('verify trusts nothing that is known of the data: it looks at all of it', async () => {
  expect((await downloadRest()).exitCode).toBe(0);
  const changed = Buffer.from(torrent.data);
  changed[0] = (changed[0] ?? 0) ^ 1;
  writeFileSync(bench.path('out/a.bin'), changed);
  const { exitCode, stdout } = await bench.run('verify', 'a.bin.torrent', '--path', 'out');
  expect(exitCode).toBe(1);
  expect(stdout[0]).toBe('a.bin: piece 0 is wrong, 1 of 40');
});
