import { createHash } from 'node:crypto';
import { MemoryStorage, StorageError, type StorageLayout, type TorrentStorage } from '@peerloom/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { FaultyStorage } from './faulty-storage.js';
import { TestSlotPool } from './slot-pool.fake.js';

const layout: StorageLayout = {
  files: [{ path: ['data'], lengthBytes: 40, isPad: false }],
  pieceLength: 20,
  pieceCount: 2,
  totalLength: 40,
};
const full = new StorageError('STORAGE_FULL', 'no space', 'data');
const hash = createHash('sha1').update(new Uint8Array(20).fill(1)).digest();

describe('FaultyStorage', () => {
  let clock: VirtualClock;
  let pool: TestSlotPool;
  let storage: FaultyStorage;
  let torrent: TorrentStorage;

  beforeEach(async () => {
    clock = new VirtualClock();
    pool = new TestSlotPool(4);
    pool.view(0).fill(1);
    storage = new FaultyStorage(new MemoryStorage(), clock);
    torrent = await storage.open(layout, pool);
  });

  it('passes everything on where nothing was said', async () => {
    expect(await torrent.writePiece(0, [0], hash)).toBe('ok');
    expect(await torrent.writePiece(1, [0], new Uint8Array(20))).toBe('hashFailed');
    await torrent.writeBlock(1, 0, 0, 20);
    await torrent.readBlocks(1, 0, 20, [1]);
    expect(pool.view(1).subarray(0, 20)).toEqual(new Uint8Array(20).fill(1));
    expect(await torrent.hashPiece(1, hash)).toBe('ok');
    expect((await torrent.stat())[0]?.lengthBytes).toBe(40);
    await torrent.sync();
    expect(storage.count('write')).toBe(3);
    await torrent.close();
    await expect(torrent.sync()).rejects.toMatchObject({ code: 'STORAGE_CLOSED' });
  });

  it('fails the nth write from now, and only that', async () => {
    await torrent.writePiece(0, [0], hash);
    storage.fail('write', 2, full);
    expect(await torrent.writePiece(0, [0], hash)).toBe('ok');
    await expect(torrent.writeBlock(0, 0, 0, 20)).rejects.toBe(full);
    expect(await torrent.writePiece(0, [0], hash)).toBe('ok');
  });

  it('writes nothing where it fails', async () => {
    storage.fail('write', 1, full);
    await expect(torrent.writePiece(0, [0], hash)).rejects.toBe(full);
    expect(await torrent.hashPiece(0, hash)).toBe('missing');
  });

  it('fails until it is repaired', async () => {
    storage.failAll('sync', full);
    storage.fail('hash', 5, full);
    await expect(torrent.sync()).rejects.toBe(full);
    await expect(torrent.sync()).rejects.toBe(full);
    storage.repair();
    await torrent.sync();
    for (let i = 0; i < 6; i++) expect(await torrent.hashPiece(0, hash)).toBe('missing');
  });

  it('fails to open', async () => {
    storage.fail('open', 1, full);
    await expect(storage.open(layout, pool)).rejects.toBe(full);
  });

  it('takes its time by the clock', async () => {
    storage.delay('write', 50);
    let result: string | undefined;
    void torrent.writePiece(0, [0], hash).then((value) => {
      result = value;
    });
    await clock.advance(49);
    expect(result).toBeUndefined();
    await clock.advance(1);
    expect(result).toBe('ok');
  });

  it('corrupts one read, and not the data', async () => {
    await torrent.writePiece(0, [0], hash);
    storage.corruptRead(2);
    await torrent.readBlocks(0, 0, 20, [1]);
    await torrent.readBlocks(0, 0, 20, [2]);
    await torrent.readBlocks(0, 0, 20, [3]);
    const firstBytes = [1, 2, 3].map((slot) => pool.view(slot)[0]);
    expect(firstBytes).toEqual([1, 0, 1]);
    expect(await torrent.hashPiece(0, hash)).toBe('ok');
  });
});
