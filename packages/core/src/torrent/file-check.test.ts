import { describe, expect, it } from 'vitest';
import { TorrentLayout } from '../metainfo/layout.js';
import type { FileStatus } from '../ports/storage.js';
import { findForeign, findOversized, findProblem, findWriteProblem } from './file-check.js';

/** Pieces of 100 bytes: a.bin has 0 and 1 and shares 1 with b.bin, which has 1 and 2; c.bin has 3. */
const layout = new TorrentLayout(100, [
  { path: ['t', 'a.bin'], lengthBytes: 150, isPad: false },
  { path: ['t', 'b.bin'], lengthBytes: 100, isPad: false },
  { path: ['t', '.pad', '50'], lengthBytes: 50, isPad: true },
  { path: ['t', 'c.bin'], lengthBytes: 100, isPad: false },
  { path: ['t', 'empty'], lengthBytes: 0, isPad: false },
]);

function statuses(...lengths: readonly (number | undefined)[]): FileStatus[] {
  return lengths.map((lengthBytes) => ({ lengthBytes, modifiedMs: lengthBytes && 1 }));
}

const everyFile = (): boolean => true;
const nothing = (): boolean => false;

describe('files on the medium', () => {
  it('that can not be used are told, the first wanted one', () => {
    const found = statuses(150, 100, undefined, 100, 0).map((status, file) =>
      file === 1 || file === 3
        ? { ...status, problem: { code: 'STORAGE_NOT_A_FILE', message: `${file}` } }
        : status,
    );
    expect(findProblem({ layout, statuses: found, isWanted: everyFile })).toMatchObject({
      name: 'StorageError',
      code: 'STORAGE_NOT_A_FILE',
      message: '1',
      path: 't/b.bin',
    });
    expect(findProblem({ layout, statuses: found, isWanted: (file) => file !== 1 })?.path).toBe('t/c.bin');
    expect(findProblem({ layout, statuses: found, isWanted: (file) => file === 0 })).toBeUndefined();
    expect(findWriteProblem({ layout, statuses: found, isWanted: everyFile })).toBeUndefined();
  });

  it('that can only be read are told where something is to be written', () => {
    const writeProblem = { code: 'STORAGE_READ_ONLY', message: 'read-only' };
    const found = statuses(150, 100, undefined, 100, 0).map((status) => ({ ...status, writeProblem }));
    expect(findProblem({ layout, statuses: found, isWanted: everyFile })).toBeUndefined();
    expect(findWriteProblem({ layout, statuses: found, isWanted: (file) => file === 3 })).toMatchObject({
      code: 'STORAGE_READ_ONLY',
      path: 't/c.bin',
    });
  });

  it('that are longer than the torrent says are listed with both lengths, pad files never', () => {
    const found = statuses(150, 101, 99, 1_000, 7);
    expect(findOversized({ layout, statuses: found, isWanted: everyFile })).toEqual([
      { file: 1, path: 't/b.bin', lengthBytes: 101, expectedBytes: 100 },
      { file: 3, path: 't/c.bin', lengthBytes: 1_000, expectedBytes: 100 },
      { file: 4, path: 't/empty', lengthBytes: 7, expectedBytes: 0 },
    ]);
    expect(findOversized({ layout, statuses: found, isWanted: nothing })).toEqual([]);
  });
});

describe('a file of another length', () => {
  it.each([
    ['longer', 101],
    ['shorter', 99],
  ])('that is %s and holds no right piece is somebody else’s', (_, lengthBytes) => {
    const found = statuses(150, lengthBytes, undefined, 100, 0);
    const foreign = findForeign({ layout, statuses: found, isWanted: everyFile }, nothing);
    expect(foreign).toMatchObject({ code: 'STORAGE_FOREIGN_FILE', path: 't/b.bin' });
    expect(foreign?.message).toContain(`${lengthBytes} bytes in place of 100`);
  });

  it('is the torrent’s with one right piece, its last one and a shared one too', () => {
    const found = statuses(150, 120, undefined, 100, 0);
    for (const piece of [1, 2]) {
      expect(
        findForeign({ layout, statuses: found, isWanted: everyFile }, (p) => p === piece),
      ).toBeUndefined();
    }
    expect(findForeign({ layout, statuses: found, isWanted: everyFile }, (p) => p === 3)?.path).toBe(
      't/b.bin',
    );
  });

  it('is nobody’s business where it is empty or not there, not wanted, or nothing is ever written to it', () => {
    const found = statuses(0, undefined, 10, 100, 5);
    expect(findForeign({ layout, statuses: found, isWanted: everyFile }, nothing)).toBeUndefined();
    const longer = statuses(151, 101, undefined, 101, 0);
    expect(findForeign({ layout, statuses: longer, isWanted: nothing }, nothing)).toBeUndefined();
  });

  it('of the right length is taken for one that was made beforehand, whatever is in it', () => {
    const found = statuses(150, 100, undefined, 100, 0);
    expect(findForeign({ layout, statuses: found, isWanted: everyFile }, nothing)).toBeUndefined();
  });
});
