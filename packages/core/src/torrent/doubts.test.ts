import { describe, expect, it } from 'vitest';
import { type PeerloomError, StorageError } from '../common/errors.js';
import { TorrentLayout } from '../metainfo/layout.js';
import type { FileStatus } from '../ports/storage.js';
import { Doubts } from './doubts.js';

/** Pieces of 100 bytes: a has 0 and 1, b has 1 (shared) and 2, c has 3. */
const layout = new TorrentLayout(100, [
  { path: ['t', 'a'], lengthBytes: 150, isPad: false },
  { path: ['t', 'b'], lengthBytes: 100, isPad: false },
  { path: ['t', 'pad'], lengthBytes: 50, isPad: true },
  { path: ['t', 'c'], lengthBytes: 100, isPad: false },
]);
const allPieces = [0, 1, 2, 3];

function statuses(a: number | undefined, b: number | undefined, c: number | undefined): FileStatus[] {
  return [a, b, undefined, c].map((lengthBytes) => ({ lengthBytes, modifiedMs: lengthBytes && 1 }));
}

function doubted(error: PeerloomError, found: readonly FileStatus[]): number[] {
  const doubts = new Doubts(layout, found, error);
  return allPieces.filter((piece) => doubts.isDoubted(piece));
}

function spillDoubted(error: PeerloomError, found: readonly FileStatus[]): number[] {
  const doubts = new Doubts(layout, found, error);
  return allPieces.filter((piece) => doubts.isSpillDoubted(piece));
}

const whole = statuses(150, 100, 100);

describe('a failure of the medium', () => {
  it.each(['STORAGE_FULL', 'STORAGE_PERMISSION', 'STORAGE_READ_ONLY', 'STORAGE_WORKER'])(
    'of code %s puts nothing in doubt that was written before',
    (code) => {
      const error = new StorageError(code, 'no', 't/a');
      expect(doubted(error, whole)).toEqual([]);
      expect(spillDoubted(error, whole)).toEqual([]);
      expect(new Doubts(layout, whole, error).isFileGone).toBe(false);
    },
  );

  it('of a file puts the pieces of that file in doubt, shared ones too', () => {
    for (const code of ['STORAGE_IO', 'STORAGE_NOT_FOUND', 'STORAGE_SHORT']) {
      const error = new StorageError(code, 'no', 't/b');
      expect(doubted(error, whole)).toEqual([1, 2]);
      expect(spillDoubted(error, whole)).toEqual([1, 2]);
      expect(new Doubts(layout, whole, error).isFileGone).toBe(code === 'STORAGE_NOT_FOUND');
    }
  });

  it('that names no file puts everything in doubt', () => {
    expect(doubted(new StorageError('STORAGE_IO', 'no', ''), whole)).toEqual(allPieces);
    expect(spillDoubted(new StorageError('STORAGE_IO', 'no', ''), whole)).toEqual(allPieces);
  });

  it('puts in doubt what the files can not hold any more, whatever failed', () => {
    const error = new StorageError('STORAGE_FULL', 'no', 't/a');
    expect(doubted(error, statuses(150, 50, 100))).toEqual([2]);
    expect(doubted(error, statuses(150, undefined, 99))).toEqual([1, 2, 3]);
    expect(spillDoubted(error, statuses(150, 50, undefined))).toEqual([3]);
  });
});
