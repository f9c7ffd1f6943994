import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Storage } from '../ports/storage.js';
import { TorrentFixture } from './disk-fixture.fake.js';
import { expectBytes, OpenFixture, type StorageUnderTest, storageError } from './storage-suite.fake.js';

const kib = 1024;

/** Files that end inside pieces: the second reaches into the pieces of both others, and has one of its own. */
function threeFiles(seed = 7): TorrentFixture {
  return new TorrentFixture(
    32 * kib,
    [
      { path: 't/a', lengthBytes: 40 * kib },
      { path: 't/sub/b', lengthBytes: 70 * kib + 3 },
      { path: 't/sub/empty', lengthBytes: 0 },
      { path: 't/c', lengthBytes: 30 * kib },
    ],
    seed,
  );
}

async function openSelected(storage: Storage, unwanted: readonly number[]): Promise<OpenFixture> {
  const open = await OpenFixture.open(storage, threeFiles());
  expect(await select(open, unwanted)).toEqual([]);
  return open;
}

async function select({ torrent }: OpenFixture, unwanted: readonly number[]): Promise<readonly number[]> {
  if (torrent.selectFiles === undefined) throw new Error('the storage cannot keep files aside');
  return torrent.selectFiles(unwanted);
}

async function rename({ torrent }: OpenFixture, file: number, path: string): Promise<void> {
  if (torrent.renameFile === undefined) throw new Error('the storage cannot rename files');
  await torrent.renameFile(file, path.split('/'));
}

async function piecesAside({ torrent }: OpenFixture, file: number): Promise<readonly number[] | undefined> {
  const [status] = await torrent.stat([file]);
  return status?.piecesAside;
}

/** The behaviour of a storage that keeps unwanted files aside and can rename files. */
export function describePlaces(name: string, create: () => StorageUnderTest): void {
  async function using(body: (medium: StorageUnderTest) => Promise<void>): Promise<void> {
    const medium = create();
    try {
      await body(medium);
    } finally {
      await medium.close();
    }
  }

  const expectFile = (medium: StorageUnderTest, { fixture }: OpenFixture, file: number, path: string): void =>
    expectBytes(medium.get(path), fixture.file(file));

  describe(`files kept aside by ${name}`, () => {
    test('an unwanted file is not made; its part of shared pieces is read and hashed all the same', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, [1, 2]);
        for (const piece of [0, 1, 3, 4]) expect(await open.writePiece(piece)).toBe('ok');
        expect(medium.get('t/sub/b')).toBeUndefined();
        expect(medium.get('t/sub/empty')).toBeUndefined();
        expectFile(medium, open, 0, 't/a');
        expectFile(medium, open, 3, 't/c');
        for (const piece of [0, 1, 3, 4]) {
          expect(await open.hashPiece(piece)).toBe('ok');
          const size = open.fixture.piece(piece).length;
          expectBytes(await open.read(piece, 0, size), open.fixture.piece(piece));
        }
        expect(await open.hashPiece(2)).toBe('missing');
        expect(await piecesAside(open, 1)).toEqual([1, 3]);
        expect(await piecesAside(open, 2)).toEqual([]);
        expect(await piecesAside(open, 0)).toBeUndefined();
      }));

    test('empty files are made when asked for, where they are wanted', () =>
      using(async (medium) => {
        const without = await openSelected(medium.storage, [2]);
        await without.torrent.makeEmptyFiles?.();
        expect(medium.get('t/sub/empty')).toBeUndefined();
        await without.torrent.close();
        const open = await openSelected(medium.storage, [1]);
        await open.torrent.makeEmptyFiles?.();
        expectBytes(medium.get('t/sub/empty'), new Uint8Array(0));
        expect(medium.get('t/a')).toBeUndefined();
      }));

    test('wanted later it is put in its place, and what was kept aside is gone', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, [1, 2]);
        for (const piece of [0, 1, 3, 4]) await open.writePiece(piece);
        expect(await select(open, [])).toEqual([]);
        expectBytes(medium.get('t/sub/empty'), new Uint8Array(0));
        expect(await piecesAside(open, 1)).toBeUndefined();
        for (const piece of [0, 1, 3, 4]) expect(await open.hashPiece(piece)).toBe('ok');
        await open.writePiece(2);
        expectFile(medium, open, 1, 't/sub/b');
        expect(medium.get(`.peerloom/${open.fixture.layout.infoHash}/parts/1`)).toBeUndefined();
      }));

    test('a file that is there is used in its place when it is not wanted any more', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, []);
        await open.writePiece(1);
        expect(await select(open, [1])).toEqual([]);
        await open.writePiece(3);
        expect(await piecesAside(open, 1)).toBeUndefined();
        expect(await open.hashPiece(1)).toBe('ok');
        expect(await open.hashPiece(3)).toBe('ok');
        expect(medium.get('t/sub/b')?.length).toBe(70 * kib + 3);
      }));

    test('the next opening knows what is kept aside', () =>
      using(async (medium) => {
        const first = await openSelected(medium.storage, [1, 2]);
        for (const piece of [1, 3]) await first.writePiece(piece);
        await first.torrent.close();
        const second = await OpenFixture.open(medium.storage, threeFiles());
        expect(await second.hashPiece(1)).toBe('ok');
        expect(await piecesAside(second, 1)).toEqual([1, 3]);
        expect(await select(second, [2])).toEqual([]);
        expect(await second.hashPiece(3)).toBe('ok');
        expect(medium.get('t/sub/b')?.length).toBe(70 * kib + 3);
      }));

    test('what is in its place by then is left as it is, and told', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, [1, 2]);
        await open.writePiece(1);
        const theirs = new Uint8Array(100).fill(9);
        medium.put('t/sub/b', theirs);
        expect(await open.hashPiece(1)).toBe('ok');
        expect(await select(open, [])).toEqual([1]);
        expectBytes(medium.get('t/sub/b'), theirs);
        expect(await open.hashPiece(1)).toBe('missing');
      }));

    test('blocks of a spilled piece are kept aside like pieces', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, [1, 2]);
        await open.writeBlock(1, 16 * kib, 16 * kib);
        expect(medium.get('t/sub/b')).toBeUndefined();
        await open.writeBlock(1, 0, 16 * kib);
        expect(await open.hashPiece(1)).toBe('ok');
        expectBytes(await open.read(1, 5 * kib, 20 * kib), open.expected(1, 5 * kib, 20 * kib));
      }));

    test('what is no file of the torrent is refused', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, []);
        await expect(select(open, [4])).rejects.toEqual(storageError('STORAGE_RANGE'));
        await open.torrent.close();
        await expect(select(open, [1])).rejects.toEqual(storageError('STORAGE_CLOSED'));
      }));

    test('whatever is selected in whatever order, what was written stays right and nothing else is made', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.oneof(
              fc.record({ write: fc.integer({ min: 0, max: 4 }) }),
              fc.record({ unwanted: fc.subarray([0, 1, 2, 3]) }),
              fc.record({ reopen: fc.constant(true) }),
            ),
            { maxLength: 14 },
          ),
          (steps) =>
            using(async (medium) => {
              let open = await OpenFixture.open(medium.storage, threeFiles());
              const written = new Set<number>();
              const mayBeThere = new Set<number>();
              let unwanted: readonly number[] = [];
              const work: Promise<unknown>[] = [];
              for (const step of steps) {
                if ('write' in step) {
                  written.add(step.write);
                  for (const file of [0, 1, 2, 3]) if (!unwanted.includes(file)) mayBeThere.add(file);
                  work.push(open.writePiece(step.write));
                } else if ('unwanted' in step) {
                  // An empty file that is wanted again needs no piece, nor does one that parts have something of.
                  for (const file of unwanted) {
                    const isWritten = file === 2 || written.size > 0;
                    if (isWritten && !step.unwanted.includes(file)) mayBeThere.add(file);
                  }
                  unwanted = step.unwanted;
                  work.push(select(open, unwanted));
                } else {
                  await Promise.all(work.splice(0));
                  await open.torrent.close();
                  open = await OpenFixture.open(medium.storage, threeFiles());
                }
              }
              await Promise.all(work);
              for (const piece of written) expect(await open.hashPiece(piece)).toBe('ok');
              for (const [file, { path }] of open.fixture.layout.files.entries()) {
                if (!mayBeThere.has(file)) expect(medium.get(path.join('/'))).toBeUndefined();
              }
              expect(await select(open, [])).toEqual([]);
              for (const piece of written) expect(await open.hashPiece(piece)).toBe('ok');
            }),
        ),
        { numRuns: 10 },
      ));
  });

  describe(`files renamed in ${name}`, () => {
    test('what was written moves along, what comes later goes there, and the status tells', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, []);
        await open.writePiece(1);
        await rename(open, 1, 't/elsewhere/b.bin');
        expect(medium.get('t/sub/b')).toBeUndefined();
        for (const piece of [0, 2, 3, 4]) await open.writePiece(piece);
        expectFile(medium, open, 1, 't/elsewhere/b.bin');
        for (const piece of [0, 1, 2, 3, 4]) expect(await open.hashPiece(piece)).toBe('ok');
        const [a, b] = await open.torrent.stat();
        expect(a?.path).toBeUndefined();
        expect(b?.path).toEqual(['t', 'elsewhere', 'b.bin']);
      }));

    test('the next opening knows it, and it can be undone', () =>
      using(async (medium) => {
        const first = await openSelected(medium.storage, []);
        await first.writeAll();
        await rename(first, 1, 'b');
        await first.torrent.close();
        const second = await OpenFixture.open(medium.storage, threeFiles());
        for (const piece of [1, 2, 3]) expect(await second.hashPiece(piece)).toBe('ok');
        await rename(second, 1, 't/sub/b');
        expectFile(medium, second, 1, 't/sub/b');
        expect((await second.torrent.stat([1]))[0]?.path).toBeUndefined();
      }));

    test('a file that is not there yet, or is kept aside, is made at its new path', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, [1]);
        await rename(open, 0, 'x');
        await rename(open, 1, 'y');
        await open.writeAll();
        expectFile(medium, open, 0, 'x');
        expect(medium.get('y')).toBeUndefined();
        await select(open, []);
        expectFile(medium, open, 1, 'y');
        expect(medium.get('t/sub/b')).toBeUndefined();
      }));

    test('nothing is written over, whoever it belongs to', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, []);
        const taken = storageError('STORAGE_EXISTS');
        for (const path of ['t/a', 't/A', 't/a/deeper', 't/sub']) {
          await expect(rename(open, 1, path)).rejects.toEqual(taken);
        }
        medium.put('theirs', new Uint8Array(3));
        await expect(rename(open, 1, 'theirs')).rejects.toEqual(storageError('STORAGE_EXISTS', 'theirs'));
        await open.writeAll();
        await expect(rename(open, 1, 'theirs')).rejects.toEqual(storageError('STORAGE_EXISTS', 'theirs'));
        expect(medium.get('theirs')?.length).toBe(3);
        expectFile(medium, open, 1, 't/sub/b');
        for (const piece of [1, 2, 3]) expect(await open.hashPiece(piece)).toBe('ok');
      }));

    test('paths that lead elsewhere and files that do not exist are refused', () =>
      using(async (medium) => {
        const open = await openSelected(medium.storage, []);
        for (const path of ['', '..', 't/../../x', 't//x', '.peerloom/x', 't/a\\b', 't/\0']) {
          await expect(rename(open, 0, path)).rejects.toEqual(storageError('STORAGE_PATH'));
        }
        await expect(rename(open, 9, 'x')).rejects.toEqual(storageError('STORAGE_RANGE'));
        await expect(rename(open, -1, 'x')).rejects.toEqual(storageError('STORAGE_RANGE'));
      }));
  });
}
