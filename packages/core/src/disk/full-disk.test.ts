import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { builtWorkerUrl, requireBuiltWorker, TorrentFixture } from './disk-fixture.fake.js';
import { FileStorage } from './file-storage.js';
import { nodeFileSystem } from './file-system.js';
import { expectBytes, OpenFixture, storageError } from './storage-suite.fake.js';
import { mountTestFileSystem } from './tmpfs.fake.js';

const mib = 1024 * 1024;
const mounted = mountTestFileSystem(mib);
const reason =
  typeof mounted === 'string' ? ` (skipped: no file system can be mounted here: ${mounted})` : '';

beforeAll(requireBuiltWorker);

afterAll(() => {
  if (typeof mounted !== 'string') mounted.unmount();
});

for (const threads of [0, 1]) {
  const mode = threads === 0 ? 'inline' : 'with a worker';
  describe.skipIf(typeof mounted === 'string')(`a real file system of 1 MiB, ${mode}${reason}`, () => {
    if (typeof mounted === 'string') return;
    const { folder } = mounted;
    const fixture = new TorrentFixture(256 * 1024, [
      { path: `full/empty`, lengthBytes: 0 },
      { path: `full/f`, lengthBytes: 3 * 256 * 1024 },
    ]);

    test('that fills up fails the write, keeps what was written, and takes the piece once it is freed', async () => {
      const ballast = join(folder, 'ballast');
      writeFileSync(ballast, new Uint8Array((mib * 5) / 8));
      const storage = new FileStorage({ root: folder, threads, workerUrl: builtWorkerUrl });
      onTestFinished(() => storage.close());
      const open = await OpenFixture.open(storage, fixture);
      expect(await open.writePiece(0)).toBe('ok');
      await expect(open.writePiece(1)).rejects.toEqual(storageError('STORAGE_FULL', 'full/f'));
      expect(await open.hashPiece(0)).toBe('ok');
      expect(await open.hashPiece(1)).not.toBe('ok');
      await open.torrent.sync();
      rmSync(ballast);
      expect(await open.writePiece(1)).toBe('ok');
      expect(await open.writePiece(2)).toBe('ok');
      expectBytes(readFileSync(join(folder, 'full/f')), fixture.data);
      rmSync(join(folder, 'full'), { recursive: true });
    });

    test('that is read-only says so, where an empty file comes first too, and in the status before', async () => {
      mounted.setReadOnly(true);
      try {
        const storage = new FileStorage({ root: folder, threads, workerUrl: builtWorkerUrl });
        const open = await OpenFixture.open(storage, fixture);
        await expect(open.writePiece(0)).rejects.toEqual(storageError('STORAGE_READ_ONLY', 'full/empty'));
        const writeProblem = { code: 'STORAGE_READ_ONLY', message: expect.any(String) };
        const absent = { lengthBytes: undefined, modifiedMs: undefined, writeProblem };
        expect(await open.torrent.stat()).toEqual([absent, absent]);
        await storage.close();
      } finally {
        mounted.setReadOnly(false);
      }
    });

    test('that is read-only refuses folders with the reason, several levels deep too', () => {
      mounted.setReadOnly(true);
      try {
        const deep = join(folder, 'a/b/c');
        expect(() => nodeFileSystem.mkdir(deep)).toThrow(expect.objectContaining({ code: 'EROFS' }));
      } finally {
        mounted.setReadOnly(false);
      }
    });
  });
}
