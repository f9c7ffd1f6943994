import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  builtWorkerUrl,
  makeNamedPipe,
  requireBuiltWorker,
  TorrentFixture,
  temporaryFolder,
} from './disk-fixture.fake.js';
import { FileStorage } from './file-storage.js';
import { SharedSlotPool } from './slot-pool.js';
import { describePlaces } from './storage-places-suite.fake.js';
import {
  describeStorage,
  expectBytes,
  OpenFixture,
  type StorageUnderTest,
  storageError,
} from './storage-suite.fake.js';

// For machines that are busy with other things.
vi.setConfig({ testTimeout: 30_000 });

beforeAll(requireBuiltWorker);

const modes = [
  { name: 'inline', threads: 0 },
  { name: 'with a worker', threads: 1 },
  { name: 'with two workers', threads: 2 },
];

/** The status of a file that can't be used. */
function problem(code: string, message: unknown): object {
  return { lengthBytes: undefined, modifiedMs: undefined, problem: { code, message } };
}

function warned(message: string): never {
  throw new Error(`unexpected warning: ${message}`);
}

for (const { name, threads } of modes) {
  const create = (root: string): FileStorage =>
    new FileStorage({ root, threads, workerUrl: builtWorkerUrl, onWarning: warned });

  const createMedium = (): StorageUnderTest => {
    const root = temporaryFolder();
    const storage = create(root);
    return {
      storage,
      get: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path)) : undefined),
      put: (path, bytes) => {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), bytes);
      },
      close: () => storage.close(),
    };
  };

  describeStorage(`FileStorage ${name}`, createMedium);
  describePlaces(`FileStorage ${name}`, createMedium);

  describe(`FileStorage ${name}`, () => {
    const twoPieces = (): TorrentFixture => new TorrentFixture(1024, [{ path: 't/d/f', lengthBytes: 2048 }]);

    async function using(body: (open: OpenFixture, root: string) => Promise<void>): Promise<void> {
      const root = temporaryFolder();
      const storage = create(root);
      try {
        await body(await OpenFixture.open(storage, twoPieces()), root);
      } finally {
        await storage.close();
      }
    }

    test('makes the root itself where it is not there', () =>
      using(async (open, root) => {
        rmSync(root, { recursive: true });
        expect(await open.hashPiece(0)).toBe('missing');
        expect(await open.writePiece(0)).toBe('ok');
        expectBytes(readFileSync(join(root, 't/d/f')), open.fixture.piece(0));
      }));

    test('a folder where the file should be is refused and left alone', () =>
      using(async (open, root) => {
        mkdirSync(join(root, 't/d/f/keep'), { recursive: true });
        const refused = storageError('STORAGE_NOT_A_FILE', 't/d/f');
        await expect(open.writePiece(0)).rejects.toEqual(refused);
        await expect(open.read(0, 0, 10)).rejects.toEqual(refused);
        await expect(open.hashPiece(0)).rejects.toEqual(refused);
        expect(await open.torrent.stat()).toEqual([
          problem('STORAGE_NOT_A_FILE', "'t/d/f' is not a regular file"),
        ]);
        expect(readdirSync(join(root, 't/d/f'))).toEqual(['keep']);
        await open.torrent.sync();
      }));

    test('a file where a folder should be is refused and left alone', () =>
      using(async (open, root) => {
        writeFileSync(join(root, 't'), 'mine');
        expect(await open.torrent.stat()).toEqual([
          problem('STORAGE_NOT_A_FILE', expect.stringContaining("'t/d/f'")),
        ]);
        await expect(open.writePiece(0)).rejects.toEqual(storageError('STORAGE_NOT_A_FILE', 't/d/f'));
        expect(readFileSync(join(root, 't'), 'utf8')).toBe('mine');
      }));

    test('a named pipe is refused without waiting for its other end', () =>
      using(async (open, root) => {
        mkdirSync(join(root, 't/d'), { recursive: true });
        makeNamedPipe(join(root, 't/d/f'));
        expect(await open.torrent.stat()).toEqual([
          problem('STORAGE_NOT_A_FILE', "'t/d/f' is not a regular file"),
        ]);
        await expect(open.hashPiece(0)).rejects.toEqual(storageError('STORAGE_NOT_A_FILE', 't/d/f'));
        await expect(open.writePiece(0)).rejects.toEqual(storageError('STORAGE_NOT_A_FILE', 't/d/f'));
      }));

    test('a symbolic link in place of the file is refused, dangling or not', () =>
      using(async (open, root) => {
        const outside = join(temporaryFolder(), 'victim');
        mkdirSync(join(root, 't/d'), { recursive: true });
        symlinkSync(outside, join(root, 't/d/f'));
        await expect(open.writePiece(0)).rejects.toEqual(storageError('STORAGE_SYMLINK', 't/d/f'));
        expect(existsSync(outside)).toBe(false);
        writeFileSync(outside, 'mine');
        await expect(open.writePiece(0)).rejects.toEqual(storageError('STORAGE_SYMLINK', 't/d/f'));
        await expect(open.read(0, 0, 4)).rejects.toEqual(storageError('STORAGE_SYMLINK', 't/d/f'));
        expect(readFileSync(outside, 'utf8')).toBe('mine');
        expect(await open.torrent.stat()).toEqual([problem('STORAGE_SYMLINK', "'t/d/f' is a symbolic link")]);
      }));

    test('a folder that a symbolic link leads out of the root is refused', () =>
      using(async (open, root) => {
        const outside = temporaryFolder();
        mkdirSync(join(outside, 'd'));
        symlinkSync(outside, join(root, 't'));
        expect(await open.torrent.stat()).toEqual([
          problem('STORAGE_SYMLINK', expect.stringContaining("'t/d'")),
        ]);
        await expect(open.writePiece(0)).rejects.toMatchObject({ code: 'STORAGE_SYMLINK' });
        rmSync(join(outside, 'd'), { recursive: true });
        await expect(open.writePiece(0)).rejects.toMatchObject({ code: 'STORAGE_SYMLINK' });
        expect(readdirSync(outside)).toEqual([]);
      }));

    test('a dangling link in place of a folder makes nothing outside', () =>
      using(async (open, root) => {
        const outside = temporaryFolder();
        symlinkSync(join(outside, 'none'), join(root, 't'));
        await expect(open.writePiece(0)).rejects.toMatchObject({ name: 'StorageError' });
        expect(readdirSync(outside)).toEqual([]);
      }));

    test('links that stay inside the root, and a root that is a link, are fine', async () => {
      const real = temporaryFolder();
      const link = join(temporaryFolder(), 'link');
      symlinkSync(real, link);
      mkdirSync(join(real, 'other'));
      symlinkSync(join(real, 'other'), join(real, 't'));
      const storage = create(link);
      const open = await OpenFixture.open(storage, twoPieces());
      await open.writeAll();
      expectBytes(readFileSync(join(real, 'other/d/f')), open.fixture.data);
      await storage.close();
    });

    test('a file that vanished is an error until a check noticed, never silently made anew', () =>
      using(async (open, root) => {
        await open.writePiece(0);
        rmSync(join(root, 't/d/f'));
        const gone = storageError('STORAGE_NOT_FOUND', 't/d/f');
        await expect(open.writePiece(1)).rejects.toEqual(gone);
        await expect(open.read(0, 0, 10)).rejects.toEqual(gone);
        await expect(open.writePiece(1)).rejects.toEqual(gone);
        expect(existsSync(join(root, 't/d/f'))).toBe(false);
        expect(await open.hashPiece(0)).toBe('missing');
        await open.writeAll();
        expectBytes(readFileSync(join(root, 't/d/f')), open.fixture.data);
      }));

    test('a whole folder that vanished is made anew once a check noticed', () =>
      using(async (open, root) => {
        await open.writePiece(0);
        rmSync(join(root, 't'), { recursive: true });
        await expect(open.writePiece(1)).rejects.toEqual(storageError('STORAGE_NOT_FOUND', 't/d/f'));
        expect(await open.hashPiece(0)).toBe('missing');
        expect(await open.writePiece(1)).toBe('ok');
      }));

    test('a file that was moved away and back goes on', () =>
      using(async (open, root) => {
        await open.writePiece(0);
        renameSync(join(root, 't'), join(root, 'away'));
        await expect(open.torrent.sync()).rejects.toEqual(storageError('STORAGE_NOT_FOUND', 't/d/f'));
        renameSync(join(root, 'away'), join(root, 't'));
        expect(await open.writePiece(1)).toBe('ok');
        await open.torrent.sync();
        expectBytes(readFileSync(join(root, 't/d/f')), open.fixture.data);
      }));

    test('a flush covers what was written since the last one, and only that', () =>
      using(async (open, root) => {
        await open.writePiece(0);
        await open.torrent.sync();
        rmSync(join(root, 't'), { recursive: true });
        await open.torrent.sync();
        mkdirSync(join(root, 't/d'), { recursive: true });
        writeFileSync(join(root, 't/d/f'), open.fixture.data);
        await open.writePiece(1);
        rmSync(join(root, 't/d/f'));
        await expect(open.torrent.sync()).rejects.toEqual(storageError('STORAGE_NOT_FOUND', 't/d/f'));
        await expect(open.torrent.sync()).rejects.toEqual(storageError('STORAGE_NOT_FOUND', 't/d/f'));
      }));

    test.each([
      [['..', 'f']],
      [['t', '.']],
      [['t', '']],
      [[]],
      [['t/../../f']],
      [['t\\f']],
      [['t\0']],
      [['.Peerloom', 'f']],
    ])('the path %j is refused', async (path) => {
      const root = temporaryFolder();
      const storage = create(root);
      const layout = {
        files: [{ path, lengthBytes: 1, isPad: false }],
        pieceLength: 1,
        pieceCount: 1,
        totalLength: 1,
      };
      const opening = storage.open(layout, new SharedSlotPool(16_384));
      await expect(opening).rejects.toEqual(storageError('STORAGE_PATH'));
      await storage.close();
    });

    test('keeps few files open, and none after closing', async () => {
      const root = temporaryFolder();
      const storage = create(root);
      const files = Array.from({ length: 400 }, (_, index) => ({ path: `many/${index}`, lengthBytes: 100 }));
      const open = await OpenFixture.open(storage, new TorrentFixture(1000, files));
      const openFiles = (): number =>
        readdirSync('/proc/self/fd').filter((fd) => {
          try {
            return readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(root, 'many'));
          } catch {
            return false;
          }
        }).length;
      await open.writeAll();
      expect(openFiles()).toBeGreaterThan(0);
      expect(openFiles()).toBeLessThanOrEqual(128);
      const pieces = [...Array(40).keys()];
      await Promise.all(
        pieces.map(async (piece) => {
          // Each in ten files, which the others take the descriptors of.
          const [wrote, hashed, bytes] = await Promise.all([
            open.writePiece(39 - piece),
            open.hashPiece(piece),
            open.read((piece * 7) % 40, 150, 700),
          ]);
          expect([wrote, hashed]).toEqual(['ok', 'ok']);
          expectBytes(bytes, open.expected((piece * 7) % 40, 150, 700));
        }),
      );
      expect(openFiles()).toBeLessThanOrEqual(128);
      await open.torrent.close();
      expect(openFiles()).toBe(0);
      await storage.close();
    });

    test('writes are sparse: a last piece takes no room for those before it', async () => {
      const root = temporaryFolder();
      const storage = create(root);
      const open = await OpenFixture.open(
        storage,
        new TorrentFixture(16_384, [{ path: 'sparse', lengthBytes: 64 * 16_384 }]),
      );
      await open.writePiece(63);
      expect(statSync(join(root, 'sparse')).size).toBe(64 * 16_384);
      expect(statSync(join(root, 'sparse')).blocks * 512).toBeLessThan(8 * 16_384);
      await storage.close();
    });

    test('a storage that was closed opens nothing', async () => {
      const storage = create(temporaryFolder());
      const open = await OpenFixture.open(storage, twoPieces());
      await storage.close();
      await expect(open.hashPiece(0)).rejects.toEqual(storageError('STORAGE_CLOSED'));
      await expect(OpenFixture.open(storage, twoPieces())).rejects.toEqual(storageError('STORAGE_CLOSED'));
      await storage.close();
    });
  });
}

test('without state, what was kept aside is read there, and stays there', async () => {
  const root = temporaryFolder();
  const fixture = new TorrentFixture(32 * 1024, [
    { path: 't/a', lengthBytes: 40 * 1024 },
    { path: 't/b', lengthBytes: 40 * 1024 },
  ]);
  const owner = new FileStorage({ root, threads: 0 });
  const owned = await OpenFixture.open(owner, fixture);
  await owned.torrent.selectFiles?.([1]);
  expect(await owned.writePiece(1)).toBe('ok');
  await owner.close();
  const before = readdirSync(root, { recursive: true });
  expect(existsSync(join(root, 't/b'))).toBe(false);

  const looker = new FileStorage({ root, threads: 0, keepsState: false });
  const looked = await OpenFixture.open(looker, fixture);
  expect(await looked.torrent.selectFiles?.([])).toEqual([]);
  expect(await looked.hashPiece(1)).toBe('ok');
  await looker.close();
  expect(readdirSync(root, { recursive: true })).toEqual(before);
});
