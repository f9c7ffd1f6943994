import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { concatBytes } from '../common/bytes.js';
import { StorageError } from '../common/errors.js';
import type { SlotIndex, SlotPool } from '../ports/slots.js';
import type { TorrentStorage } from '../ports/storage.js';
import { noise, TorrentFixture } from './disk-fixture.fake.js';
import { MemoryStorage } from './memory-storage.js';
import { ReadCache } from './read-cache.js';
import { SharedSlotPool } from './slot-pool.js';
import { expectBytes, storageError } from './storage-suite.fake.js';

// For machines that are busy with other things.
vi.setConfig({ testTimeout: 30_000 });

const kib = 1024;
const slotLength = 16 * kib;
const pieceLength = 200_000;

const microtasks = async (): Promise<void> => {
  for (let i = 0; i < 12; i++) await undefined;
};

interface Load {
  readonly piece: number;
  readonly begin: number;
  readonly lengthBytes: number;
  readonly slots: readonly SlotIndex[];
  resolve(): void;
  reject(error: unknown): void;
}

/** A torrent whose reads are answered when the test says so. */
class SlowTorrent implements TorrentStorage {
  readonly data: Uint8Array;
  readonly loads: Load[] = [];
  readonly #pool: SlotPool;

  constructor(pool: SlotPool, seed: number) {
    this.#pool = pool;
    this.data = noise(2 * pieceLength, seed);
  }

  bytes(piece: number, begin: number, length: number): Uint8Array {
    return this.data.subarray(piece * pieceLength + begin, piece * pieceLength + begin + length);
  }

  readBlocks(piece: number, begin: number, lengthBytes: number, slots: readonly SlotIndex[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const load: Load = {
        piece,
        begin,
        lengthBytes,
        slots: [...slots],
        resolve: () => {
          this.loads.splice(this.loads.indexOf(load), 1);
          const bytes = this.bytes(piece, begin, lengthBytes);
          load.slots.forEach((slot, i) => {
            this.#pool.view(slot).set(bytes.subarray(i * slotLength, (i + 1) * slotLength));
          });
          resolve();
        },
        reject: (error) => {
          this.loads.splice(this.loads.indexOf(load), 1);
          reject(error);
        },
      };
      this.loads.push(load);
    });
  }

  writePiece = unused;
  writeBlock = unused;
  hashPiece = unused;
  stat = unused;
  sync = unused;
  close = unused;
}

function unused(): never {
  throw new Error('a read cache only reads');
}

/** One read as the test sees it. */
interface Outcome {
  calls: number;
  error: StorageError | undefined;
  chunks: readonly Uint8Array[];
  release: () => void;
}

function setUp(options: { poolSlots?: number; maxSlots?: number; readAheadBytes?: number } = {}) {
  const pool = new SharedSlotPool((options.poolSlots ?? 64) * slotLength);
  const cache = new ReadCache(pool, {
    maxSlots: options.maxSlots ?? 32,
    readAheadBytes: options.readAheadBytes ?? 64 * kib,
  });
  const torrent = new SlowTorrent(pool, 1);
  const read = (piece: number, begin: number, length: number, source: TorrentStorage = torrent): Outcome => {
    const outcome: Outcome = { calls: 0, error: undefined, chunks: [], release: () => undefined };
    cache.read(source, piece, begin, length, pieceLength, (error, chunks, release) => {
      outcome.calls++;
      Object.assign(outcome, { error, chunks, release });
    });
    return outcome;
  };
  const answer = async (): Promise<void> => {
    for (const load of [...torrent.loads]) load.resolve();
    await microtasks();
  };
  return { pool, cache, torrent, read, answer };
}

describe('ReadCache', () => {
  test('reads ahead: the blocks that follow are there at once', async () => {
    const { cache, torrent, read, answer } = setUp();
    const first = read(0, 0, slotLength);
    expect(first.calls).toBe(0);
    expect(torrent.loads).toMatchObject([{ piece: 0, begin: 0, lengthBytes: 64 * kib }]);
    await answer();
    const rest = [1, 2, 3].map((block) => read(0, block * slotLength, slotLength));
    for (const [block, outcome] of [first, ...rest].entries()) {
      expect(outcome.calls).toBe(1);
      expectBytes(concatBytes(...outcome.chunks), torrent.bytes(0, block * slotLength, slotLength));
    }
    expect(torrent.loads).toEqual([]);
    expect(cache.stats).toEqual({ hits: 3, misses: 1, slotsHeld: 4 });
  });

  test('gives views across slots and extents for any range, and the short end of a piece', async () => {
    const { torrent, read, answer } = setUp();
    const across = read(1, 60_000, 100_000);
    expect(torrent.loads.map(({ begin, lengthBytes }) => [begin, lengthBytes])).toEqual([
      [0, 65_536],
      [65_536, 65_536],
      [131_072, 65_536],
    ]);
    await answer();
    expectBytes(concatBytes(...across.chunks), torrent.bytes(1, 60_000, 100_000));
    const end = read(1, pieceLength - 10, 10);
    expect(torrent.loads).toMatchObject([{ begin: 196_608, lengthBytes: pieceLength - 196_608 }]);
    await answer();
    expectBytes(concatBytes(...end.chunks), torrent.bytes(1, pieceLength - 10, 10));
  });

  test('reads more or less at once from when it is told, and forgets what it had read', async () => {
    const { cache, torrent, read, answer } = setUp();
    const [sent, loading] = [read(0, 0, 100), read(1, 0, 100)];
    torrent.loads[0]?.resolve();
    await microtasks();
    expect(sent.calls).toBe(1);
    cache.setReadAhead(32 * kib);
    const again = read(0, 40_000, 100);
    expect(torrent.loads.at(-1)).toMatchObject({ piece: 0, begin: 32 * kib, lengthBytes: 32 * kib });
    await answer();
    expectBytes(concatBytes(...sent.chunks), torrent.bytes(0, 0, 100));
    expectBytes(concatBytes(...loading.chunks), torrent.bytes(1, 0, 100));
    expectBytes(concatBytes(...again.chunks), torrent.bytes(0, 40_000, 100));
    for (const { release } of [sent, loading, again]) release();
    expect(cache.stats.slotsHeld).toBe(2);
  });

  test('readers of an extent under way share it', async () => {
    const { cache, torrent, read, answer } = setUp();
    const readers = [read(0, 0, 100), read(0, 50_000, 1000), read(0, 64 * kib - 1, 2)];
    expect(torrent.loads.length).toBe(2);
    await answer();
    for (const reader of readers) expect(reader.calls).toBe(1);
    expect(cache.stats).toMatchObject({ hits: 1, misses: 2 });
  });

  test('evicts what was used longest ago, and never what is being sent', async () => {
    const { cache, torrent, read, answer } = setUp({ maxSlots: 12 });
    const sent = read(0, 0, 1);
    await answer();
    for (const begin of [65_536, 131_072]) {
      const outcome = read(0, begin, 1);
      await answer();
      outcome.release();
    }
    read(0, 65_536, 1).release();
    expect(cache.stats.slotsHeld).toBe(12);
    const other = read(1, 0, 1);
    await answer();
    expect(other.calls).toBe(1);
    expect(cache.stats.slotsHeld).toBe(12);
    expectBytes(concatBytes(...sent.chunks), torrent.bytes(0, 0, 1));
    const kept = [read(0, 0, 1), read(0, 65_536, 1)];
    expect(kept.map(({ calls }) => calls)).toEqual([1, 1]);
    const evicted = read(0, 131_072, 1);
    expect(evicted.calls).toBe(0);
  });

  test('a read that lacks memory waits for a release, in order of arrival', async () => {
    const { torrent, read, answer } = setUp({ maxSlots: 12 });
    const sent = [read(0, 0, 1), read(0, 65_536, 1), read(0, 131_072, 1)];
    await answer();
    const waiting = [read(1, 0, 1), read(0, 0, 1), read(1, 65_536, 1)];
    await microtasks();
    expect(waiting.map(({ calls }) => calls)).toEqual([0, 0, 0]);
    expect(torrent.loads).toEqual([]);
    sent[1]?.release();
    await answer();
    expect(waiting.map(({ calls }) => calls)).toEqual([1, 1, 0]);
    sent[2]?.release();
    await answer();
    expect(waiting.map(({ calls }) => calls)).toEqual([1, 1, 1]);
  });

  test('a read waits for slots that others hold, and gets them as they come', async () => {
    const { pool, torrent, read, answer } = setUp({ poolSlots: 32 });
    const others = Array.from({ length: 32 }, () => pool.acquire());
    const waiting = read(0, 0, 1);
    await microtasks();
    for (const slot of others.splice(0, 3)) {
      pool.release(slot);
      await microtasks();
    }
    expect(torrent.loads).toEqual([]);
    pool.release(others.pop() ?? -1);
    await microtasks();
    expect(torrent.loads.length).toBe(1);
    await answer();
    expect(waiting.calls).toBe(1);
  });

  test('only so many reads may wait', async () => {
    const { pool, cache, torrent, read } = setUp({ poolSlots: 32 });
    for (let i = 0; i < 32; i++) pool.acquire();
    const waiting = Array.from({ length: 4096 }, () => read(0, 0, 1));
    const refused = read(0, 0, 1);
    expect(refused.error).toEqual(storageError('STORAGE_BUSY'));
    expect(waiting.every(({ calls }) => calls === 0)).toBe(true);
    cache.drop(torrent);
    expect(waiting.every(({ calls, error }) => calls === 1 && error?.code === 'STORAGE_DROPPED')).toBe(true);
  });

  test('a failed read fails its readers, keeps nothing, and the next tries again', async () => {
    const { cache, pool, torrent, read, answer } = setUp();
    const spanning = read(0, 65_530, 10);
    const sharing = read(0, 65_540, 10);
    torrent.loads[1]?.reject(new StorageError('STORAGE_IO', 'made up', 'f'));
    await microtasks();
    expect([spanning, sharing].map(({ calls, error }) => [calls, error?.code])).toEqual([
      [1, 'STORAGE_IO'],
      [1, 'STORAGE_IO'],
    ]);
    expect(cache.stats.slotsHeld).toBe(4);
    await answer();
    expect(spanning.calls).toBe(1);
    const again = read(0, 65_530, 10);
    await answer();
    expectBytes(concatBytes(...again.chunks), torrent.bytes(0, 65_530, 10));
    again.release();
    cache.drop(torrent);
    expect(pool.freeCount).toBe(pool.capacity);
  });

  test('a storage that throws or rejects with anything is an error of a storage', async () => {
    const { cache, pool, torrent, read } = setUp();
    torrent.readBlocks = () => {
      throw new Error('not even a promise');
    };
    const thrown = read(0, 0, 1);
    await microtasks();
    expect(thrown.error).toEqual(storageError('STORAGE_IO'));
    expect(cache.stats.slotsHeld).toBe(0);
    expect(pool.freeCount).toBe(pool.capacity);
  });

  test('dropping a piece fails reads under way, frees what is idle, leaves what is being sent', async () => {
    const { cache, pool, torrent, read, answer } = setUp();
    const sent = read(0, 0, 100);
    const idle = read(0, 65_536, 100);
    await answer();
    idle.release();
    const loading = read(0, 131_072, 100);
    const otherPiece = read(1, 0, 100);
    cache.drop(torrent, 0);
    expect(loading.error).toEqual(storageError('STORAGE_DROPPED'));
    expect(otherPiece.calls).toBe(0);
    expectBytes(concatBytes(...sent.chunks), torrent.bytes(0, 0, 100));
    expect(cache.stats.slotsHeld).toBe(12);
    await answer();
    expect([loading.calls, otherPiece.calls]).toEqual([1, 1]);
    expect(cache.stats.slotsHeld).toBe(8);
    const again = read(0, 0, 100);
    expect(again.calls).toBe(0);
    await answer();
    sent.release();
    otherPiece.release();
    again.release();
    cache.drop(torrent);
    expect(cache.stats.slotsHeld).toBe(0);
    expect(pool.freeCount).toBe(pool.capacity);
  });

  test('releasing twice is an error and frees nothing twice', async () => {
    const { cache, torrent, read, answer } = setUp();
    const outcome = read(0, 0, 1);
    await answer();
    outcome.release();
    expect(() => outcome.release()).toThrow(expect.objectContaining({ code: 'STORAGE_SLOT_FREE' }));
    cache.drop(torrent);
    expect(cache.stats.slotsHeld).toBe(0);
  });

  test('ranges that are no block of the piece are refused', () => {
    const { read } = setUp();
    const ranges: [number, number][] = [
      [0, 0],
      [-1, 5],
      [pieceLength - 4, 5],
      [0, 128 * kib + 1],
    ];
    for (const [begin, length] of ranges) {
      expect(read(0, begin, length).error).toEqual(storageError('STORAGE_RANGE'));
    }
    expect(read(0, 1, 128 * kib).error).toBeUndefined();
  });

  test('a cache that one read could block for ever is refused', () => {
    const refused = expect.objectContaining({ code: 'STORAGE_RANGE' });
    expect(() => setUp({ maxSlots: 11 })).toThrow(refused);
    expect(() => setUp({ poolSlots: 11 })).toThrow(refused);
    expect(() => setUp({ readAheadBytes: 20_000 })).toThrow(refused);
    expect(() => setUp({ readAheadBytes: 0 })).toThrow(refused);
    setUp({ maxSlots: 12 });
  });

  test('callbacks may read, release and drop', async () => {
    const { cache, pool, torrent, answer } = setUp({ maxSlots: 12 });
    const order: string[] = [];
    cache.read(torrent, 0, 0, 1, pieceLength, (_, __, release) => {
      order.push('first');
      cache.read(torrent, 0, 5, 1, pieceLength, (___, ____, releaseInner) => {
        order.push('inner');
        releaseInner();
        release();
        cache.drop(torrent);
      });
    });
    cache.read(torrent, 1, 0, 1, pieceLength, (error) => order.push(`second ${error?.code}`));
    await answer();
    expect(order).toEqual(['first', 'inner', 'second STORAGE_DROPPED']);
    await answer();
    expect(pool.freeCount).toBe(pool.capacity);
  });

  test('reads a real storage', async () => {
    const pool = new SharedSlotPool(64 * slotLength);
    const fixture = new TorrentFixture(100_000, [{ path: 'f', lengthBytes: 150_000 }]);
    const storage = new MemoryStorage();
    storage.put('f', fixture.data);
    const torrent = await storage.open(fixture.layout, pool);
    const cache = new ReadCache(pool, { maxSlots: 32, readAheadBytes: 32 * kib });
    const chunks = await new Promise<readonly Uint8Array[]>((resolve, reject) => {
      cache.read(torrent, 1, 20_001, 29_999, 50_000, (error, views) =>
        error === undefined ? resolve(views) : reject(error),
      );
    });
    expectBytes(concatBytes(...chunks), fixture.piece(1).subarray(20_001));
  });

  test('whatever happens in whatever order, data is right while it is held and no slot is lost', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          { poolSlots: 24, maxSlots: 12, readAheadBytes: 64 * kib },
          { poolSlots: 16, maxSlots: 16, readAheadBytes: 128 * kib },
          { poolSlots: 14, maxSlots: 9, readAheadBytes: 16 * kib },
        ),
        fc.array(
          fc.record({
            step: fc.constantFrom(
              'read',
              'read',
              'load',
              'load',
              'fail',
              'release',
              'drop',
              'resize',
              'take',
              'give',
              'turn',
            ),
            a: fc.nat(),
            b: fc.nat(),
          }),
          { maxLength: 120 },
        ),
        async (options, steps) => {
          const { pool, cache, torrent, read } = setUp(options);
          const second = new SlowTorrent(pool, 2);
          const torrents = [torrent, second];
          const foreign: SlotIndex[] = [];
          const reads: { outcome: Outcome; expected: Uint8Array; released: boolean }[] = [];
          const check = (): void => {
            expect(cache.stats.slotsHeld).toBeLessThanOrEqual(options.maxSlots);
            expect(cache.stats.slotsHeld + foreign.length).toBe(pool.capacity - pool.freeCount);
            for (const { outcome, expected, released } of reads) {
              expect(outcome.calls).toBeLessThanOrEqual(1);
              if (outcome.calls === 1 && outcome.error === undefined && !released) {
                expectBytes(concatBytes(...outcome.chunks), expected);
              }
            }
          };
          const release = (index: number): void => {
            const held = reads.filter(({ outcome, released }) => outcome.calls === 1 && !released);
            const one = held[index % held.length];
            if (one === undefined) return;
            one.released = true;
            one.outcome.release();
          };
          for (const { step, a, b } of steps) {
            const source = torrents[b % 2] ?? torrent;
            const load = source.loads[a % source.loads.length];
            if (step === 'read') {
              const begin = a % pieceLength;
              const length = 1 + (b % Math.min(128 * kib, pieceLength - begin));
              const expected = source.bytes(b % 2, begin, length);
              reads.push({ outcome: read(b % 2, begin, length, source), expected, released: false });
            } else if (step === 'load') load?.resolve();
            else if (step === 'fail') load?.reject(new Error('made up'));
            else if (step === 'release') release(a);
            else if (step === 'drop') cache.drop(source, a % 3 === 0 ? undefined : a % 2);
            else if (step === 'resize') {
              const wanted = 2 ** (a % 4) * 16 * kib;
              const spans = Math.ceil((128 * kib - 1) / wanted) + 1;
              const fits = (spans * wanted) / slotLength <= Math.min(options.maxSlots, pool.capacity);
              if (fits) cache.setReadAhead(wanted);
              else expect(() => cache.setReadAhead(wanted)).toThrow('are needed');
            } else if (step === 'take') {
              const slot = pool.acquire();
              if (slot !== -1) foreign.push(slot);
              if (slot !== -1) pool.view(slot).fill(0xee);
            } else if (step === 'give' && foreign.length > 0) pool.release(foreign.pop() ?? -1);
            else await microtasks();
            check();
          }
          for (const slot of foreign.splice(0)) pool.release(slot);
          // Every read ends once memory and answers come: no two wait for each other.
          for (let round = 0; reads.some(({ outcome }) => outcome.calls === 0); round++) {
            expect(round).toBeLessThan(500);
            for (const source of torrents) for (const load of [...source.loads]) load.resolve();
            await microtasks();
            check();
            for (const one of reads) {
              if (one.outcome.calls === 1 && !one.released) {
                one.released = true;
                one.outcome.release();
              }
            }
            await microtasks();
          }
          for (const one of reads) if (!one.released) one.outcome.release();
          for (const source of torrents) {
            cache.drop(source);
            for (const load of [...source.loads]) load.resolve();
          }
          await microtasks();
          expect(reads.every(({ outcome }) => outcome.calls === 1)).toBe(true);
          expect(cache.stats.slotsHeld).toBe(0);
          expect(pool.freeCount).toBe(pool.capacity);
        },
      ),
      { numRuns: 300 },
    ));
});
