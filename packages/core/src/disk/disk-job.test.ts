import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fillSlots, TorrentFixture, takeSlots, temporaryFolder } from './disk-fixture.fake.js';
import { DiskJobRunner } from './disk-job.js';
import type { DiskJob, DiskResult } from './disk-protocol.js';
import { FileFlags } from './file-flags.js';
import { type FileSystem, nodeFileSystem, openForReading, readAccess, writeAccess } from './file-system.js';
import { SharedSlotPool } from './slot-pool.js';
import { expectBytes, storageError } from './storage-suite.fake.js';

function systemError(errno: string): Error {
  return Object.assign(new Error(`${errno}: made up`), { code: errno });
}

/** A runner with one torrent of five pieces in two files, over the machine's calls with some replaced. */
function setUp(faults: Partial<FileSystem>, maxOpenFiles = 8) {
  const root = temporaryFolder();
  const pool = new SharedSlotPool(4 * 1024 * 1024);
  const fixture = new TorrentFixture(65_536, [
    { path: 't/a', lengthBytes: 100_000 },
    { path: 't/b', lengthBytes: 200_000 },
  ]);
  const runner = new DiskJobRunner(maxOpenFiles, { ...nodeFileSystem, ...faults });
  const flags = FileFlags.create(2).memory;
  const torrent = { id: 7, root, layout: fixture.layout, slots: pool, flags };
  runner.open({ ...torrent, partFlags: undefined, journal: undefined });
  const run = (job: DiskJob): DiskResult => runner.run(7, job);
  const writePiece = (piece: number): DiskResult => {
    const slots = fillSlots(pool, fixture.piece(piece));
    return run({ kind: 'writePiece', piece, slots, expectedHash: fixture.hash(piece) });
  };
  const hashPiece = (piece: number): DiskResult =>
    run({ kind: 'hashPiece', endsWrite: false, piece, expectedHash: fixture.hash(piece) });
  return { root, pool, fixture, runner, run, writePiece, hashPiece };
}

describe('disk jobs', () => {
  test.each([
    ['ENOSPC', 'STORAGE_FULL'],
    ['EDQUOT', 'STORAGE_FULL'],
    ['EACCES', 'STORAGE_PERMISSION'],
    ['EPERM', 'STORAGE_PERMISSION'],
    ['EROFS', 'STORAGE_READ_ONLY'],
    ['EIO', 'STORAGE_IO'],
    ['EFBIG', 'STORAGE_IO'],
  ])('%s in a write is %s, with the file and the errno in words', (errno, code) => {
    const { writePiece } = setUp({
      writev: () => {
        throw systemError(errno);
      },
    });
    expect(() => writePiece(0)).toThrow(storageError(code, 't/a'));
    expect(() => writePiece(3)).toThrow(storageError(code, 't/b'));
    expect(() => writePiece(0)).toThrow(`cannot write 't/a'`);
    expect(() => writePiece(0)).toThrow(errno);
  });

  test('a full disk fails the write and nothing else; once there is room the piece is written', () => {
    let isFull = true;
    const { root, fixture, writePiece, hashPiece } = setUp({
      writev: (fd, vectors, position) => {
        if (isFull) throw systemError('ENOSPC');
        return nodeFileSystem.writev(fd, vectors, position);
      },
    });
    expect(() => writePiece(0)).toThrow(storageError('STORAGE_FULL', 't/a'));
    expect(hashPiece(0)).toBe('missing');
    isFull = false;
    expect(writePiece(0)).toBe('ok');
    expectBytes(readFileSync(join(root, 't/a')), fixture.piece(0));
  });

  test('a file that cannot be opened, and a folder that cannot be made, are told by name', () => {
    const closed = setUp({
      open: () => {
        throw systemError('EACCES');
      },
    });
    expect(() => closed.writePiece(0)).toThrow(storageError('STORAGE_PERMISSION', 't/a'));
    expect(() => closed.hashPiece(0)).toThrow(storageError('STORAGE_PERMISSION', 't/a'));
    const noFolder = setUp({
      mkdir: () => {
        throw systemError('EROFS');
      },
    });
    expect(() => noFolder.writePiece(0)).toThrow(storageError('STORAGE_READ_ONLY', 't/a'));
  });

  test.each([
    ['EACCES', 'STORAGE_PERMISSION'],
    ['EROFS', 'STORAGE_READ_ONLY'],
  ])(
    'what may not be read or written (%s) is in the status of the file, before anything is tried',
    (errno, code) => {
      let refused: number | undefined;
      const asked: string[] = [];
      const { root, run, writePiece } = setUp({
        access: (path, mode) => {
          asked.push(path);
          if (mode === refused) throw systemError(errno);
        },
      });
      writePiece(0);
      const written = { lengthBytes: 65_536, modifiedMs: expect.any(Number) };
      const absent = { lengthBytes: undefined, modifiedMs: undefined };
      const look = (): DiskResult => run({ kind: 'stat', files: [0, 1] });
      expect(look()).toEqual([written, absent]);
      // A file that is not there is made in the deepest folder that is.
      expect(asked).toEqual([join(root, 't/a'), join(root, 't/a'), join(root, 't')]);
      refused = readAccess;
      expect(look()).toEqual([
        { ...written, problem: { code, message: expect.stringContaining(`cannot read 't/a'`) } },
        absent,
      ]);
      refused = writeAccess;
      expect(look()).toEqual([
        { ...written, writeProblem: { code, message: expect.stringContaining(`cannot write 't/a'`) } },
        { ...absent, writeProblem: { code, message: expect.stringContaining(errno) } },
      ]);
    },
  );

  test('where not even the root is there, the folder that it would be made in is asked for', () => {
    const asked: string[] = [];
    const { root, run } = setUp({ access: (path) => asked.push(path) });
    rmSync(root, { recursive: true });
    expect(run({ kind: 'stat', files: [0] })).toEqual([{ lengthBytes: undefined, modifiedMs: undefined }]);
    expect(asked).toEqual([dirname(root)]);
  });

  test('calls that do only a part are repeated for the rest', () => {
    const part = (vectors: readonly Uint8Array[], limit: number): Uint8Array[] => {
      const [first, second] = vectors;
      if (first === undefined) return [];
      if (first.length > limit) return [first.subarray(0, limit)];
      return second === undefined ? [first] : [first, second.subarray(0, limit)];
    };
    let writes = 0;
    const { pool, root, fixture, run, writePiece, hashPiece } = setUp({
      writev: (fd, vectors, position) => nodeFileSystem.writev(fd, part(vectors, 1000 + writes++), position),
      readv: (fd, vectors, position) => nodeFileSystem.readv(fd, part(vectors, 7777), position),
    });
    for (const piece of [4, 1, 2, 0, 3]) expect(writePiece(piece)).toBe('ok');
    expect(writes).toBeGreaterThan(200);
    expectBytes(readFileSync(join(root, 't/a')), fixture.file(0));
    expectBytes(readFileSync(join(root, 't/b')), fixture.file(1));
    for (const piece of [0, 1, 2, 3, 4]) expect(hashPiece(piece)).toBe('ok');
    const slots = takeSlots(pool, 40_000);
    run({ kind: 'readBlocks', piece: 1, begin: 20_000, lengthBytes: 40_000, slots });
    expectBytes(pool.view(slots[1] ?? -1), fixture.piece(1).subarray(20_000 + 16_384, 20_000 + 32_768));
  });

  test('a write that stops short is an error, not a piece', () => {
    const { writePiece } = setUp({ writev: () => 0 });
    expect(() => writePiece(0)).toThrow(storageError('STORAGE_IO', 't/a'));
  });

  test('a piece is written with one call a file where slots lie together', () => {
    const calls: number[] = [];
    const { writePiece } = setUp({
      writev: (fd, vectors, position) => {
        calls.push(vectors.length);
        return nodeFileSystem.writev(fd, vectors, position);
      },
    });
    expect(writePiece(1)).toBe('ok');
    expect(calls).toEqual([1, 1]);
  });

  test('when the process has no descriptor left, files that are open make room', () => {
    let left = 1;
    const { writePiece, hashPiece } = setUp({
      open: (path, flags) => {
        if (left === 0) throw systemError('EMFILE');
        const fd = nodeFileSystem.open(path, flags);
        left--;
        return fd;
      },
      close: (fd) => {
        left++;
        nodeFileSystem.close(fd);
      },
    });
    for (const piece of [0, 1, 2, 3, 4]) expect(writePiece(piece)).toBe('ok');
    for (const piece of [0, 1, 2, 3, 4]) expect(hashPiece(piece)).toBe('ok');
  });

  test('and where none is ours to close, that is an error', () => {
    const { writePiece } = setUp({
      open: () => {
        throw systemError('EMFILE');
      },
    });
    expect(() => writePiece(0)).toThrow(storageError('STORAGE_IO', 't/a'));
  });

  test('reading and checking opens for reading only, so that a read-only medium can be seeded', () => {
    const opened: number[] = [];
    const { root, fixture, run, pool, writePiece, hashPiece } = setUp({
      open: (path, flags) => {
        opened.push(flags);
        return nodeFileSystem.open(path, flags);
      },
    });
    writePiece(0);
    writePiece(1);
    run({ kind: 'close' });
    expect(existsSync(join(root, 't/a'))).toBe(true);
    const again = setUp({
      open: (path, flags) => {
        opened.push(flags);
        return nodeFileSystem.open(path.replace(again.root, root), flags);
      },
      realpath: (path) => path,
    });
    opened.length = 0;
    expect(again.hashPiece(0)).toBe('ok');
    const slots = takeSlots(again.pool, 100);
    again.run({ kind: 'readBlocks', piece: 0, begin: 0, lengthBytes: 100, slots });
    expect(opened).toEqual([openForReading]);
    expect(pool.capacity).toBe(again.pool.capacity);
    expectBytes(again.pool.view(slots[0] ?? -1).subarray(0, 100), fixture.piece(0).subarray(0, 100));
    expect(() => hashPiece(0)).toThrow(storageError('STORAGE_CLOSED'));
  });

  test('a file opened for reading is opened anew when it is written', () => {
    const { root, fixture, writePiece, hashPiece } = setUp({});
    writePiece(0);
    writeFileSync(join(root, 't/b'), new Uint8Array(200_000));
    expect(hashPiece(3)).toBe('hashFailed');
    expect(writePiece(3)).toBe('ok');
    expect(hashPiece(3)).toBe('ok');
    const begin = 3 * 65_536 - 100_000;
    expectBytes(readFileSync(join(root, 't/b')).subarray(begin, begin + 65_536), fixture.piece(3));
  });

  test('digests are those of the pieces, also of many at once', () => {
    const { fixture, run, writePiece } = setUp({});
    for (const piece of [0, 1, 2, 3]) writePiece(piece);
    const digests = run({ kind: 'digestPieces', piece: 1, count: 3 });
    const expected = Buffer.concat([fixture.hash(1), fixture.hash(2), fixture.hash(3)]);
    expect(Buffer.from(digests as Uint8Array)).toEqual(expected);
    const short = storageError('STORAGE_SHORT', 't/b');
    expect(() => run({ kind: 'digestPieces', piece: 3, count: 2 })).toThrow(short);
  });
});
