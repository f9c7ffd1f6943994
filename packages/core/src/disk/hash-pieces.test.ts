import { describe, expect, test } from 'vitest';
import { StorageError } from '../common/errors.js';
import type { TorrentStorage } from '../ports/storage.js';
import { TorrentFixture } from './disk-fixture.fake.js';
import { hashPieces } from './hash-pieces.js';
import { MemoryStorage } from './memory-storage.js';
import { SharedSlotPool } from './slot-pool.js';
import { storageError } from './storage-suite.fake.js';

const fixture = new TorrentFixture(1024, [{ path: 'f', lengthBytes: 99 * 1024 + 100 }]);
const { layout } = fixture;
const allPieces = Array.from({ length: layout.pieceCount }, (_, piece) => piece);

async function openWith(bytes: Uint8Array): Promise<TorrentStorage> {
  const storage = new MemoryStorage();
  storage.put('f', bytes);
  return storage.open(layout, new SharedSlotPool(16_384));
}

/** Counts the checks under way, and calls `before` each. */
function watched(torrent: TorrentStorage, before: (piece: number) => void): { most: () => number } {
  const hashPiece = torrent.hashPiece.bind(torrent);
  let underWay = 0;
  let most = 0;
  torrent.hashPiece = async (piece, expectedHash) => {
    most = Math.max(most, ++underWay);
    try {
      before(piece);
      return await hashPiece(piece, expectedHash);
    } finally {
      underWay--;
    }
  };
  return { most: () => most };
}

describe('hashPieces', () => {
  test('reports each piece once, with progress in bytes, several at a time', async () => {
    const bytes = fixture.data.slice(0, 90 * 1024);
    bytes[5 * 1024] = (bytes[5 * 1024] ?? 0) ^ 1;
    const torrent = await openWith(bytes);
    const { most } = watched(torrent, () => undefined);
    const results = new Map<number, string>();
    const progress: [number, number][] = [];
    await hashPieces({
      storage: torrent,
      layout,
      pieces: allPieces,
      expectedHash: (piece) => fixture.hash(piece),
      onPiece: (piece, result) => {
        expect(results.has(piece)).toBe(false);
        results.set(piece, result);
      },
      onProgress: (checked, total) => progress.push([checked, total]),
    });
    expect(allPieces.map((piece) => results.get(piece))).toEqual(
      allPieces.map((piece) => (piece === 5 ? 'hashFailed' : piece < 90 ? 'ok' : 'missing')),
    );
    expect(progress.length).toBe(100);
    expect(progress.at(-1)).toEqual([layout.totalLength, layout.totalLength]);
    expect(most()).toBeGreaterThan(1);
  });

  test('checks only the pieces asked for', async () => {
    const torrent = await openWith(fixture.data);
    const seen: number[] = [];
    const totals: number[] = [];
    await hashPieces({
      storage: torrent,
      layout,
      pieces: [99, 3],
      expectedHash: (piece) => fixture.hash(piece),
      onPiece: (piece, result) => seen.push(result === 'ok' ? piece : -1),
      onProgress: (_, total) => totals.push(total),
    });
    expect(seen.sort((a, b) => a - b)).toEqual([3, 99]);
    expect(totals).toEqual([1124, 1124]);
    await hashPieces({
      storage: torrent,
      layout,
      pieces: [],
      expectedHash: () => fixture.hash(0),
      onPiece: () => expect.unreachable(),
    });
  });

  test('stops at a failure and at an abort, and leaves nothing under way', async () => {
    // Pieces long enough that few are under way at one time.
    const large = { ...layout, pieceLength: 4 * 1024 * 1024, totalLength: 100 * 4 * 1024 * 1024 };
    for (const how of ['fail', 'abort']) {
      const torrent = await openWith(fixture.data);
      const controller = new AbortController();
      const { most } = watched(torrent, (piece) => {
        if (piece !== 20) return;
        if (how === 'abort') controller.abort();
        else throw new StorageError('STORAGE_IO', 'made up', 'f');
      });
      let started = 0;
      let ended = 0;
      const checking = hashPieces({
        storage: torrent,
        layout: large,
        pieces: allPieces,
        expectedHash: (piece) => {
          started++;
          return fixture.hash(piece);
        },
        onPiece: () => ended++,
        signal: controller.signal,
      });
      const code = how === 'abort' ? 'STORAGE_ABORTED' : 'STORAGE_IO';
      await expect(checking).rejects.toEqual(storageError(code));
      expect(started).toBeLessThan(40);
      expect(started - ended).toBe(how === 'abort' ? 0 : 1);
      expect(most()).toBe(8);
    }
  });
});
