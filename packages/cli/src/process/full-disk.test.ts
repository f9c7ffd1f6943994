import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mountTestFileSystem } from '../../../core/src/disk/tmpfs.fake.js';
import { jsonLines, summaryOf } from './cli-process.fake.js';
import { DownloadBench, nobody } from './download-bench.fake.js';
import { makeFolderTorrent, makeTorrent } from './stalling-seed.fake.js';

const mib = 1024 * 1024;
const torrent = makeTorrent('a.bin', 40);
const mounted = mountTestFileSystem(mib);
const reason =
  typeof mounted === 'string' ? ` (skipped: no file system can be mounted here: ${mounted})` : '';

afterAll(() => {
  if (typeof mounted !== 'string') mounted.unmount();
});

describe.skipIf(typeof mounted === 'string')(`a file system of 1 MiB${reason}`, () => {
  if (typeof mounted === 'string') return;
  const { folder } = mounted;
  let bench: DownloadBench;

  beforeEach(() => {
    bench = new DownloadBench();
    bench.put(torrent);
  });

  afterEach(() => bench.close());

  test('that fills up ends a download with exit code 3; once there is room it goes on from there', async () => {
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, new Uint8Array(mib / 2));
    const peer = await bench.seed(torrent);
    const args = ['download', 'a.bin.torrent', '-o', folder, '--peer', peer];
    const full = await bench.run(...args);
    expect(full.exitCode).toBe(3);
    expect(full.stderr.at(-1)).toMatch(/^peerloom: .*'a\.bin'.* \(STORAGE_FULL\)$/);

    rmSync(ballast);
    const rest = await bench.run(...args, '--json');
    expect(rest.exitCode).toBe(0);
    const { torrents } = summaryOf(rest.stdout) as {
      readonly torrents: readonly [{ downloadedBytes: number }];
    };
    expect(torrents[0].downloadedBytes).toBeLessThan(torrent.data.length * 0.6);
    expect(readFileSync(join(folder, 'a.bin')).equals(torrent.data)).toBe(true);
    rmSync(join(folder, 'a.bin'));
    rmSync(join(folder, '.peerloom'), { recursive: true, force: true });
  });

  test('that is read-only is told before anybody is connected to', async () => {
    mounted.setReadOnly(true);
    const args = ['download', 'a.bin.torrent', '-o', folder, '--peer', nobody, '--json'];
    const run = await bench.run(...args).finally(() => mounted.setReadOnly(false));
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toEqual([expect.stringMatching(/^peerloom: .* \(STORAGE_READ_ONLY\)$/)]);
    const types = jsonLines(run.stdout).map(({ type }) => type);
    expect(types).toContain('torrentError');
    expect(types).not.toContain('peerDisconnected');
  });

  test.for([
    ['a.bin', "cannot write 't/a.bin'"],
    ['empty,a.bin', "cannot write 't/a.bin'"],
    ['empty', "cannot create 't/empty'"],
  ])('that is read-only is told as such with --select %s', async ([files, message]) => {
    const parted = makeFolderTorrent('t', { empty: 0, 'a.bin': 20_000, 'b.bin': 20_000 });
    bench.put(parted);
    mounted.setReadOnly(true);
    const args = ['t.torrent', '-o', folder, '--peer', nobody, '--select', String(files)];
    const run = await bench.run('download', ...args).finally(() => mounted.setReadOnly(false));
    expect(run.exitCode).toBe(3);
    expect(run.stderr.at(-1)).toBe(
      `peerloom: ${message}: the file system is read-only (EROFS) (STORAGE_READ_ONLY)`,
    );
  });
});
