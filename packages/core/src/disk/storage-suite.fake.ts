import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Storage, TorrentStorage } from '../ports/storage.js';
import { fillSlots, noise, releaseSlots, slotBytes, TorrentFixture, takeSlots } from './disk-fixture.fake.js';
import { pieceSize } from './extent-map.js';
import { SharedSlotPool } from './slot-pool.js';

/** A storage under test, and its medium looked at from outside. */
export interface StorageUnderTest {
  readonly storage: Storage;
  /** Content of a file on the medium; `undefined` where there is none. */
  get(path: string): Uint8Array | undefined;
  /** Puts a file on the medium, in place of what is there. */
  put(path: string, bytes: Uint8Array): void;
  /** Ends the storage. */
  close(): Promise<void>;
}

const poolBytes = 8 * 1024 * 1024;
const kib = 1024;

/** An open torrent, with the data it should hold. */
export class OpenFixture {
  constructor(
    readonly fixture: TorrentFixture,
    readonly torrent: TorrentStorage,
    readonly pool: SharedSlotPool,
  ) {}

  static async open(storage: Storage, fixture: TorrentFixture): Promise<OpenFixture> {
    const pool = new SharedSlotPool(poolBytes);
    return new OpenFixture(fixture, await storage.open(fixture.layout, pool), pool);
  }

  async writePiece(piece: number, expectedHash = this.fixture.hash(piece)): Promise<'ok' | 'hashFailed'> {
    const slots = fillSlots(this.pool, this.fixture.piece(piece));
    try {
      return await this.torrent.writePiece(piece, slots, expectedHash);
    } finally {
      releaseSlots(this.pool, slots);
    }
  }

  async writeBlock(piece: number, begin: number, lengthBytes: number): Promise<void> {
    const bytes = this.fixture.piece(piece).subarray(begin, begin + lengthBytes);
    const slots = fillSlots(this.pool, bytes);
    try {
      for (const slot of slots) await this.torrent.writeBlock(piece, begin, slot, lengthBytes);
    } finally {
      releaseSlots(this.pool, slots);
    }
  }

  async writeAll(): Promise<void> {
    const pieces = Array.from({ length: this.fixture.layout.pieceCount }, (_, piece) => piece);
    expect(await Promise.all(pieces.map((piece) => this.writePiece(piece)))).toEqual(pieces.map(() => 'ok'));
  }

  async read(piece: number, begin: number, lengthBytes: number): Promise<Uint8Array> {
    const slots = takeSlots(this.pool, lengthBytes);
    // Something else than what is expected, zeros included.
    for (const slot of slots) this.pool.view(slot).fill(0xa5);
    try {
      await this.torrent.readBlocks(piece, begin, lengthBytes, slots);
      return slotBytes(this.pool, slots, lengthBytes);
    } finally {
      releaseSlots(this.pool, slots);
    }
  }

  hashPiece(piece: number): Promise<'ok' | 'hashFailed' | 'missing'> {
    return this.torrent.hashPiece(piece, this.fixture.hash(piece));
  }

  /** The part of a piece that a read should give. */
  expected(piece: number, begin: number, lengthBytes: number): Uint8Array {
    return this.fixture.piece(piece).slice(begin, begin + lengthBytes);
  }
}

/** Matches a storage's error of this code. */
export function storageError(code: string, path?: string): unknown {
  return expect.objectContaining({ name: 'StorageError', code, ...(path === undefined ? {} : { path }) });
}

/** Two pieces and a bit, over files that end inside pieces, with an empty file and a pad file. */
function mixedFixture(): TorrentFixture {
  return new TorrentFixture(64 * kib, [
    { path: 'mixed/a.bin', lengthBytes: 40 * kib + 17 },
    { path: 'mixed/empty', lengthBytes: 0 },
    { path: 'mixed/sub/deep/b.bin', lengthBytes: 70 * kib },
    { path: 'mixed/.pad/1000', lengthBytes: 1000, isPad: true },
    { path: 'mixed/sub/c.bin', lengthBytes: 30 * kib },
  ]);
}

/** Compares data; the matchers take seconds for what this does at once. */
export function expectBytes(found: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  expect(found?.length).toBe(expected?.length);
  if (found !== undefined && expected !== undefined) expect(Buffer.compare(found, expected)).toBe(0);
}

function expectFiles(medium: StorageUnderTest, fixture: TorrentFixture): void {
  fixture.layout.files.forEach(({ path, isPad }, index) => {
    expectBytes(medium.get(path.join('/')), isPad ? undefined : fixture.file(index));
  });
}

/** The behaviour that every storage owes the engine. */
export function describeStorage(name: string, create: () => StorageUnderTest): void {
  async function using(body: (medium: StorageUnderTest) => Promise<void>): Promise<void> {
    const medium = create();
    try {
      await body(medium);
    } finally {
      await medium.close();
    }
  }

  describe(`${name} keeps the contract of a storage`, () => {
    test('pieces across files arrive whole, and pad files never', () =>
      using(async (medium) => {
        const open = await OpenFixture.open(medium.storage, mixedFixture());
        for (const piece of [2, 0, 1]) expect(await open.writePiece(piece)).toBe('ok');
        expectFiles(medium, open.fixture);
        for (const piece of [0, 1, 2]) expect(await open.hashPiece(piece)).toBe('ok');
      }));

    test('any layout, written in any order, reads back at any range', () =>
      using(async (medium) => {
        let runs = 0;
        const anyLayout = fc.asyncProperty(
          fc.array(
            fc.record({
              lengthBytes: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 90_000 })),
              isPad: fc.boolean(),
            }),
            { minLength: 1, maxLength: 8 },
          ),
          fc.constantFrom(1024, 16 * kib, 20_000, 48 * kib),
          fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { maxLength: 8 }),
          fc.nat(),
          async (parts, pieceLength, reads, rotation) => {
            const name = `any-${runs++}`;
            const files = parts.map((part, index) => ({ path: `${name}/d${index % 3}/f${index}`, ...part }));
            const fixture = new TorrentFixture(pieceLength, files, rotation);
            const { layout } = fixture;
            const open = await OpenFixture.open(medium.storage, fixture);
            for (let i = 0; i < layout.pieceCount; i++) {
              expect(await open.writePiece((i + rotation) % layout.pieceCount)).toBe('ok');
            }
            if (layout.pieceCount > 0) expectFiles(medium, fixture);
            for (const [a, b, c] of layout.pieceCount > 0 ? reads : []) {
              const piece = a % layout.pieceCount;
              const begin = b % pieceSize(layout, piece);
              const length = 1 + (c % (pieceSize(layout, piece) - begin));
              expectBytes(await open.read(piece, begin, length), open.expected(piece, begin, length));
            }
            expect(open.pool.freeCount).toBe(open.pool.capacity);
            await open.torrent.close();
          },
        );
        await fc.assert(anyLayout, { numRuns: 50 });
      }));

    test('a piece of the wrong hash leaves the medium untouched', () =>
      using(async (medium) => {
        const open = await OpenFixture.open(medium.storage, mixedFixture());
        expect(await open.writePiece(0, open.fixture.hash(1))).toBe('hashFailed');
        for (const { path } of open.fixture.layout.files) expect(medium.get(path.join('/'))).toBeUndefined();
        expect(await open.hashPiece(0)).toBe('missing');
      }));

    test('opening creates nothing; the first write makes empty files too', () =>
      using(async (medium) => {
        const open = await OpenFixture.open(medium.storage, mixedFixture());
        expect(await open.hashPiece(0)).toBe('missing');
        expect(medium.get('mixed/empty')).toBeUndefined();
        await open.writePiece(2);
        expectBytes(medium.get('mixed/empty'), new Uint8Array(0));
        expect(medium.get('mixed/a.bin')).toBeUndefined();
      }));

    test('blocks of a spilled piece count as soon as all are there', () =>
      using(async (medium) => {
        const open = await OpenFixture.open(medium.storage, mixedFixture());
        for (const begin of [48 * kib, 0, 32 * kib]) await open.writeBlock(0, begin, 16 * kib);
        expect(await open.hashPiece(0)).toBe('hashFailed');
        await open.writeBlock(0, 16 * kib, 16 * kib);
        expect(await open.hashPiece(0)).toBe('ok');
        await open.writeBlock(2, 0, 100);
        expectBytes(await open.read(2, 0, 100), open.expected(2, 0, 100));
      }));

    test('absent and short files are missing to a check, and errors to a read', () =>
      using(async (medium) => {
        const open = await OpenFixture.open(medium.storage, mixedFixture());
        await expect(open.read(0, 0, 10)).rejects.toEqual(storageError('STORAGE_NOT_FOUND', 'mixed/a.bin'));
        medium.put('mixed/a.bin', open.fixture.file(0).subarray(0, 20 * kib));
        await expect(open.read(0, 0, 30 * kib)).rejects.toEqual(storageError('STORAGE_SHORT', 'mixed/a.bin'));
        expectBytes(await open.read(0, 0, 20 * kib), open.expected(0, 0, 20 * kib));
        expect(await open.hashPiece(0)).toBe('missing');
        expect(open.pool.freeCount).toBe(open.pool.capacity);
      }));

    test('what was there before is served, and a change of it is found', () =>
      using(async (medium) => {
        const fixture = mixedFixture();
        fixture.layout.files.forEach(({ path, isPad }, index) => {
          if (!isPad) medium.put(path.join('/'), fixture.file(index));
        });
        const first = await OpenFixture.open(medium.storage, fixture);
        expect(await first.hashPiece(1)).toBe('ok');
        await first.torrent.close();
        const changed = fixture.file(2).slice();
        changed[60 * kib] = (changed[60 * kib] ?? 0) ^ 1;
        medium.put('mixed/sub/deep/b.bin', changed);
        const second = await OpenFixture.open(medium.storage, fixture);
        expect(await second.hashPiece(0)).toBe('ok');
        expect(await second.hashPiece(1)).toBe('hashFailed');
        const asFound = second.expected(1, 0, 64 * kib);
        const at = 40 * kib + 17 + 60 * kib - 64 * kib;
        asFound[at] = (asFound[at] ?? 0) ^ 1;
        expectBytes(await second.read(1, 0, 64 * kib), asFound);
      }));

    test('what one torrent wrote is there when it is opened again', () =>
      using(async (medium) => {
        const first = await OpenFixture.open(medium.storage, mixedFixture());
        await first.writeAll();
        await first.torrent.close();
        const second = await OpenFixture.open(medium.storage, mixedFixture());
        for (const piece of [0, 1, 2]) expect(await second.hashPiece(piece)).toBe('ok');
      }));

    test('jobs on one piece run in the order of their calls, whatever else is under way', () =>
      using(async (medium) => {
        const fixture = new TorrentFixture(256 * kib, [{ path: 'big', lengthBytes: 24 * 256 * kib }]);
        const open = await OpenFixture.open(medium.storage, fixture);
        // Work enough to start every thread there may be.
        for (const _ of [1, 2, 3]) {
          await Promise.all([...Array(24).keys()].map((piece) => open.hashPiece(piece)));
        }
        const work: Promise<void>[] = [];
        for (let piece = 0; piece < fixture.layout.pieceCount; piece++) {
          const wrote = open.writePiece(piece);
          const read = open.read(piece, 1000, 20 * kib);
          const hashed = open.hashPiece(piece);
          work.push(
            Promise.all([wrote, read, hashed]).then(([, bytes, result]) => {
              expectBytes(bytes, open.expected(piece, 1000, 20 * kib));
              expect(result).toBe('ok');
            }),
          );
        }
        await Promise.all(work);
      }));

    test('status tells size and change of files, of all or of those asked for', () =>
      using(async (medium) => {
        const absent = { lengthBytes: undefined, modifiedMs: undefined };
        const open = await OpenFixture.open(medium.storage, mixedFixture());
        expect(await open.torrent.stat()).toEqual([absent, absent, absent, absent, absent]);
        await open.writePiece(0);
        const [a, empty, b, pad, c] = await open.torrent.stat();
        expect(a).toEqual({ lengthBytes: 40 * kib + 17, modifiedMs: expect.any(Number) });
        expect(empty).toEqual({ lengthBytes: 0, modifiedMs: expect.any(Number) });
        expect(b?.lengthBytes).toBe(24 * kib - 17);
        expect([pad, c]).toEqual([absent, absent]);
        medium.put('mixed/sub/c.bin', noise(99 * kib, 5));
        expect(await open.torrent.stat([4, 0])).toEqual([
          { lengthBytes: 99 * kib, modifiedMs: expect.any(Number) },
          a,
        ]);
        await expect(open.torrent.stat([5])).rejects.toEqual(storageError('STORAGE_RANGE'));
      }));

    test('a file that is longer than it should be keeps its tail', () =>
      using(async (medium) => {
        const fixture = mixedFixture();
        const longer = noise(80 * kib, 9);
        medium.put('mixed/a.bin', longer);
        const open = await OpenFixture.open(medium.storage, fixture);
        expect(await open.hashPiece(0)).toBe('missing');
        await open.writeAll();
        const found = medium.get('mixed/a.bin');
        expectBytes(found?.subarray(0, 40 * kib + 17), fixture.file(0));
        expectBytes(found?.subarray(40 * kib + 17), longer.subarray(40 * kib + 17));
        expect(await open.hashPiece(0)).toBe('ok');
      }));

    test('torrents of one storage do not disturb each other', () =>
      using(async (medium) => {
        const fixtures = [1, 2, 3].map(
          (seed) => new TorrentFixture(32 * kib, [{ path: `t${seed}/f`, lengthBytes: 100_000 }], seed),
        );
        const opened = await Promise.all(
          fixtures.map((fixture) => OpenFixture.open(medium.storage, fixture)),
        );
        await Promise.all(opened.map((open) => open.writeAll()));
        await opened[0]?.torrent.close();
        for (const open of opened.slice(1)) expect(await open.hashPiece(3)).toBe('ok');
        for (const fixture of fixtures) expectFiles(medium, fixture);
      }));

    test('closing waits for what is under way and refuses what comes later', () =>
      using(async (medium) => {
        const open = await OpenFixture.open(medium.storage, mixedFixture());
        const writes = Promise.all([0, 1, 2].map((piece) => open.writePiece(piece)));
        await open.torrent.close();
        expectFiles(medium, open.fixture);
        expect(await writes).toEqual(['ok', 'ok', 'ok']);
        const closed = storageError('STORAGE_CLOSED');
        await expect(open.writePiece(0)).rejects.toEqual(closed);
        await expect(open.writeBlock(0, 0, 10)).rejects.toEqual(closed);
        await expect(open.read(0, 0, 10)).rejects.toEqual(closed);
        await expect(open.hashPiece(0)).rejects.toEqual(closed);
        await expect(open.torrent.stat()).rejects.toEqual(closed);
        await expect(open.torrent.sync()).rejects.toEqual(closed);
        await open.torrent.close();
      }));

    test('ranges outside the torrent and the wrong number of slots are refused', () =>
      using(async (medium) => {
        const { torrent, fixture, pool } = await OpenFixture.open(medium.storage, mixedFixture());
        const outOfRange = storageError('STORAGE_RANGE');
        const slots = takeSlots(pool, 64 * kib);
        await expect(torrent.writePiece(3, slots, fixture.hash(0))).rejects.toEqual(outOfRange);
        await expect(torrent.writePiece(-1, slots, fixture.hash(0))).rejects.toEqual(outOfRange);
        await expect(torrent.writePiece(0, slots.slice(1), fixture.hash(0))).rejects.toEqual(outOfRange);
        await expect(torrent.writeBlock(0, 60 * kib, 0, 16 * kib)).rejects.toEqual(outOfRange);
        await expect(torrent.writeBlock(0, 0, 0, 17 * kib)).rejects.toEqual(outOfRange);
        await expect(torrent.readBlocks(0, -1, 16 * kib, slots.slice(3))).rejects.toEqual(outOfRange);
        await expect(torrent.readBlocks(0, 0, 16 * kib, slots)).rejects.toEqual(outOfRange);
        await expect(torrent.readBlocks(0.5, 0, 16 * kib, slots.slice(3))).rejects.toEqual(outOfRange);
        await expect(torrent.hashPiece(3, fixture.hash(0))).rejects.toEqual(outOfRange);
        expect(medium.get('mixed/a.bin')).toBeUndefined();
      }));
  });
}
