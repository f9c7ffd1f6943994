import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { DiskExecutor } from './disk-executor.js';
import { builtWorkerUrl, requireBuiltWorker, TorrentFixture, temporaryFolder } from './disk-fixture.fake.js';
import { FileStorage } from './file-storage.js';
import { expectBytes, OpenFixture, storageError } from './storage-suite.fake.js';

// For machines that are busy with other things.
vi.setConfig({ testTimeout: 30_000 });

beforeAll(requireBuiltWorker);

/** A worker that leaves a line in `log` when it starts, and dies when it is given work on piece 13. */
function fragileWorker(): { url: URL; starts: () => number } {
  const folder = temporaryFolder();
  const log = join(folder, 'log');
  appendFileSync(log, '');
  const file = join(folder, 'worker.mjs');
  writeFileSync(
    file,
    `import { appendFileSync } from 'node:fs';
    import { parentPort } from 'node:worker_threads';
    appendFileSync(${JSON.stringify(log)}, 'started\\n');
    const on = parentPort.on.bind(parentPort);
    parentPort.on = (name, listener) => on(name, (requests) => {
      if (requests.some(({ job }) => job.piece === 13)) throw new Error('piece 13 is bad luck');
      listener(requests);
    });
    await import(${JSON.stringify(builtWorkerUrl.href)});`,
  );
  return { url: pathToFileURL(file), starts: () => readFileSync(log, 'utf8').split('\n').length - 1 };
}

const fixture = (): TorrentFixture => new TorrentFixture(1024, [{ path: 'f', lengthBytes: 20 * 1024 }]);

describe('disk work where workers fail', () => {
  test('a worker that crashes fails its jobs only, and a fresh one goes on', async () => {
    const root = temporaryFolder();
    const { url, starts } = fragileWorker();
    const warnings: string[] = [];
    const storage = new FileStorage({
      root,
      threads: 1,
      workerUrl: url,
      onWarning: (warning) => warnings.push(warning),
    });
    const open = await OpenFixture.open(storage, fixture());
    expect(await open.writePiece(0)).toBe('ok');
    const crashed = storageError('STORAGE_WORKER');
    await Promise.all([
      expect(open.writePiece(13)).rejects.toEqual(crashed),
      expect(open.writePiece(14)).rejects.toEqual(crashed),
    ]);
    expect(warnings).toEqual(['a disk worker crashed: piece 13 is bad luck']);
    expect(open.pool.freeCount).toBe(open.pool.capacity);
    expect(await open.writePiece(1)).toBe('ok');
    expect(await open.hashPiece(0)).toBe('ok');
    expect(starts()).toBe(2);
    await storage.close();
    expectBytes(readFileSync(join(root, 'f')), open.fixture.data.subarray(0, 2048));
  });

  test('a flush still covers what a worker wrote before it crashed', async () => {
    const root = temporaryFolder();
    const { url } = fragileWorker();
    const storage = new FileStorage({ root, threads: 1, workerUrl: url });
    const open = await OpenFixture.open(storage, fixture());
    await open.writePiece(0);
    await expect(open.writePiece(13)).rejects.toEqual(storageError('STORAGE_WORKER'));
    rmSync(join(root, 'f'));
    await expect(open.torrent.sync()).rejects.toEqual(storageError('STORAGE_NOT_FOUND', 'f'));
    await storage.close();
  });

  test('a torrent can be closed while its worker crashes', async () => {
    const { url } = fragileWorker();
    const storage = new FileStorage({ root: temporaryFolder(), threads: 1, workerUrl: url });
    const open = await OpenFixture.open(storage, fixture());
    await open.writePiece(0);
    const crash = expect(open.writePiece(13)).rejects.toEqual(storageError('STORAGE_WORKER'));
    await storage.close();
    await crash;
  });

  test.each([
    ['does not exist', () => new URL('./no-such-worker.js', builtWorkerUrl)],
    ['is no program', () => pathToFileURL(brokenWorker())],
    ['is nowhere a thread can start from', () => new URL('https://localhost/disk-worker.js')],
  ])('where the worker’s file %s, everything runs inline, with one warning', async (_, url) => {
    const warnings: string[] = [];
    const root = temporaryFolder();
    const onWarning = (warning: string): void => {
      warnings.push(warning);
    };
    const storage = new FileStorage({ root, threads: 2, workerUrl: url(), onWarning });
    const open = await OpenFixture.open(storage, fixture());
    await open.writeAll();
    await open.torrent.sync();
    expectBytes(readFileSync(join(root, 'f')), open.fixture.data);
    await storage.close();
    expect(warnings).toEqual([expect.stringContaining('a disk worker cannot be started')]);
  });

  test('jobs that waited for a worker that cannot be loaded keep their order', async () => {
    const late: Promise<string>[] = [];
    const storage = new FileStorage({
      root: temporaryFolder(),
      threads: 2,
      workerUrl: new URL('./no-such-worker.js', builtWorkerUrl),
      onWarning: () => late.push(open.hashPiece(3)),
    });
    const open = await OpenFixture.open(storage, fixture());
    const results = await Promise.all([open.hashPiece(3), open.writePiece(3), open.hashPiece(3)]);
    expect(results).toEqual(['missing', 'ok', 'ok']);
    expect(await Promise.all(late)).toEqual(['ok']);
    await storage.close();
  });
});

function brokenWorker(): string {
  const file = join(temporaryFolder(), 'broken.mjs');
  writeFileSync(file, 'this is not a program');
  return file;
}

describe('threads', () => {
  test('none is started before the first job, one for light work, more under load', async () => {
    const { url, starts } = fragileWorker();
    const root = temporaryFolder();
    const storage = new FileStorage({ root, threads: 2, workerUrl: url });
    const pieceLength = 1024 * 1024;
    const files = [{ path: 'g', lengthBytes: 12 * pieceLength }];
    const open = await OpenFixture.open(storage, new TorrentFixture(pieceLength, files));
    expect(starts()).toBe(0);
    for (const piece of [0, 1, 2]) await open.writePiece(piece);
    expect(starts()).toBe(1);
    await Promise.all([4, 5, 6, 7, 8, 9, 10, 11].map((piece) => open.hashPiece(piece)));
    expect(starts()).toBe(2);
    await storage.close();
  });

  test('idle threads do not keep the process alive, busy ones do', async () => {
    const executor = new DiskExecutor({ threads: 1, workerUrl: builtWorkerUrl });
    const { layout } = fixture();
    const slots = { memory: new SharedArrayBuffer(0), slotLength: 16_384 };
    const torrent = executor.register(temporaryFolder(), layout, slots);
    const ports = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = ports();
    const stat = executor.run(torrent, { kind: 'stat', files: undefined }, 0);
    expect(ports()).toBeGreaterThan(before);
    await stat;
    expect(ports()).toBe(before);
    await executor.close();
  });

  test('closing waits for the jobs under way', async () => {
    for (const threads of [0, 1]) {
      const root = temporaryFolder();
      const executor = new DiskExecutor({ threads, workerUrl: builtWorkerUrl });
      const { layout } = fixture();
      writeFileSync(join(root, 'f'), fixture().data);
      const slots = { memory: new SharedArrayBuffer(0), slotLength: 16_384 };
      const torrent = executor.register(root, layout, slots);
      let digests: Uint8Array | undefined;
      const run = executor.run(torrent, { kind: 'digestPieces', piece: 4, count: 1 }, 1024);
      void run.then((result) => {
        digests = result;
      });
      await executor.close();
      expect(Buffer.from(digests ?? [])).toEqual(fixture().hash(4));
      const late = executor.run(torrent, { kind: 'close' }, 0);
      await expect(late).rejects.toEqual(storageError('STORAGE_CLOSED'));
      expect(existsSync(join(root, 'f'))).toBe(true);
    }
  });
});
