import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createTorrentHashes } from './create-torrent.js';
import { builtWorkerUrl, requireBuiltWorker, TorrentFixture, temporaryFolder } from './disk-fixture.fake.js';
import { storageError } from './storage-suite.fake.js';

// For machines that are busy with other things.
vi.setConfig({ testTimeout: 30_000 });

beforeAll(requireBuiltWorker);

function writeFiles(root: string, fixture: TorrentFixture): void {
  fixture.layout.files.forEach(({ path, isPad }, index) => {
    if (isPad) return;
    mkdirSync(dirname(join(root, ...path)), { recursive: true });
    writeFileSync(join(root, ...path), fixture.file(index));
  });
}

function expectedHashes(fixture: TorrentFixture): Buffer {
  return Buffer.concat(Array.from({ length: fixture.layout.pieceCount }, (_, piece) => fixture.hash(piece)));
}

const manyFiles = [
  { path: 'm/a', lengthBytes: 3_000_000 },
  { path: 'm/.pad/900', lengthBytes: 900, isPad: true },
  { path: 'm/empty', lengthBytes: 0 },
  { path: 'm/b/c', lengthBytes: 7_500_001 },
];

describe.each([0, 1, 2])('hashes of a torrent to be, with %i workers', (threads) => {
  const common = { threads, workerUrl: builtWorkerUrl };

  test.each([1024, 16_384, 1_000_000, 4_194_304, 16_777_216])(
    'of pieces of %i bytes',
    async (pieceLength) => {
      const root = temporaryFolder();
      const fixture = new TorrentFixture(pieceLength, manyFiles);
      writeFiles(root, fixture);
      const progress: [number, number][] = [];
      const hashes = await createTorrentHashes({
        ...common,
        root,
        files: fixture.layout.files,
        pieceLength,
        onProgress: (hashedBytes, totalBytes) => progress.push([hashedBytes, totalBytes]),
      });
      expect(Buffer.compare(hashes, expectedHashes(fixture))).toBe(0);
      const total = fixture.layout.totalLength;
      expect(progress.at(-1)).toEqual([total, total]);
      expect(progress.every(([hashed], i) => hashed > (progress[i - 1]?.[0] ?? 0))).toBe(true);
    },
  );

  test('a file that changed since it was listed, or while it was hashed, is an error', async () => {
    const root = temporaryFolder();
    const fixture = new TorrentFixture(16_384, manyFiles);
    writeFiles(root, fixture);
    const options = { ...common, root, files: fixture.layout.files, pieceLength: 16_384 };
    const meanwhile = createTorrentHashes({
      ...options,
      onProgress: (hashedBytes, totalBytes) => {
        if (hashedBytes === totalBytes) appendFileSync(join(root, 'm/a'), 'more');
      },
    });
    await expect(meanwhile).rejects.toEqual(storageError('STORAGE_CHANGED', 'm/a'));
    await expect(createTorrentHashes(options)).rejects.toEqual(storageError('STORAGE_CHANGED', 'm/a'));
  });

  test('ends when it is aborted, before or on the way', async () => {
    const root = temporaryFolder();
    const lengthBytes = 200 * 1024 * 1024;
    writeFileSync(join(root, 'big'), '');
    truncateSync(join(root, 'big'), lengthBytes);
    const files = [{ path: ['big'], lengthBytes, isPad: false }];
    const options = { ...common, root, files, pieceLength: 16_384 };
    const controller = new AbortController();
    const reason = new Error('enough');
    let calls = 0;
    const hashing = createTorrentHashes({
      ...options,
      signal: controller.signal,
      onProgress: () => {
        calls++;
        controller.abort(reason);
      },
    });
    await expect(hashing).rejects.toMatchObject({ code: 'STORAGE_ABORTED', cause: reason });
    expect(calls).toBeLessThan(40);
    const aborted = createTorrentHashes({ ...options, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toEqual(storageError('STORAGE_ABORTED'));
  });
});
