import { describe, expect, test, vi } from 'vitest';
import { TorrentFixture } from './disk-fixture.fake.js';
import { MemoryStorage } from './memory-storage.js';
import { describePlaces } from './storage-places-suite.fake.js';
import { describeStorage, OpenFixture, type StorageUnderTest } from './storage-suite.fake.js';

// For machines that are busy with other things.
vi.setConfig({ testTimeout: 30_000 });

function create(): StorageUnderTest {
  const storage = new MemoryStorage();
  return {
    storage,
    get: (path) => storage.get(path),
    put: (path, bytes) => storage.put(path, bytes),
    close: () => Promise.resolve(),
  };
}

describeStorage('MemoryStorage', create);
describePlaces('MemoryStorage', create);

describe('MemoryStorage', () => {
  test('settles by microtasks alone, so that virtual time need not pass', async () => {
    const open = await OpenFixture.open(
      new MemoryStorage(),
      new TorrentFixture(16_384, [{ path: 'f', lengthBytes: 30_000 }]),
    );
    let settled = 0;
    for (const piece of [0, 1]) void open.writePiece(piece).then(() => settled++);
    void open.torrent.stat().then(() => settled++);
    for (let turn = 0; turn < 20; turn++) await undefined;
    expect(settled).toBe(3);
  });

  test('a torrent of terabytes takes the memory of what was written to it', async () => {
    const pieceLength = 16_384;
    const tebibyte = 2 ** 40;
    const small = new TorrentFixture(pieceLength, [{ path: 'huge', lengthBytes: pieceLength }]);
    const layout = {
      files: [{ path: ['huge'], lengthBytes: tebibyte, isPad: false }],
      pieceLength,
      pieceCount: tebibyte / pieceLength,
      totalLength: tebibyte,
    };
    const { pool } = await OpenFixture.open(new MemoryStorage(), small);
    const torrent = await new MemoryStorage().open(layout, pool);
    const slot = pool.acquire();
    pool.view(slot).set(small.piece(0));
    const last = layout.pieceCount - 1;
    const before = process.memoryUsage().arrayBuffers;
    expect(await torrent.writePiece(last, [slot], small.hash(0))).toBe('ok');
    expect(await torrent.stat()).toEqual([{ lengthBytes: tebibyte, modifiedMs: 1 }]);
    expect(await torrent.hashPiece(last, small.hash(0))).toBe('ok');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  test('put copies, so that later changes by the caller do not show', () => {
    const storage = new MemoryStorage();
    const bytes = Uint8Array.of(1, 2, 3);
    storage.put('a/b', bytes);
    bytes.fill(9);
    expect(storage.get('a/b')).toEqual(Uint8Array.of(1, 2, 3));
    storage.put('a/b', Uint8Array.of(7));
    expect(storage.get('a/b')).toEqual(Uint8Array.of(7));
    expect(storage.get('a')).toBeUndefined();
  });
});
