import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode, MemoryStorage, parseMetainfo } from '@peerloom/core';
import { createSwarm, DeterministicSecureRandom, runSwarm, type TestTorrent } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import {
  fileStorage,
  filesBelow,
  runWithDisk,
  settleWithDisk,
  stopWithDisk,
  temporaryFolder,
} from '../fixtures/disk-swarm.js';

const pieceLength = 32 * 1024;

interface PaddedFile {
  readonly name: string;
  readonly lengthBytes: number;
  readonly isPad?: boolean;
}

/**
 * Files that begin with pieces, as BEP 47 has it: pads of less than a block and of more, an empty file between
 * them, one that is as long as a piece and needs none, and, against all custom, pads that fill pieces of their own.
 */
const layout: readonly PaddedFile[] = [
  { name: 'odd', lengthBytes: pieceLength + 777 },
  { name: 'pad1', lengthBytes: pieceLength - 777, isPad: true },
  { name: 'empty', lengthBytes: 0 },
  { name: 'even', lengthBytes: pieceLength },
  { name: 'long', lengthBytes: 3 * pieceLength - 5 },
  { name: 'pad2', lengthBytes: 5, isPad: true },
  { name: 'tiny', lengthBytes: 1 },
  { name: 'pad3', lengthBytes: 3 * pieceLength - 1, isPad: true },
  { name: 'last', lengthBytes: 20_000 },
];

function paddedTorrent(seed: string): TestTorrent {
  const random = new DeterministicSecureRandom(seed);
  const files = layout.map(({ name, lengthBytes, isPad }) => ({
    path: `content/${name}`,
    bytes: isPad === true ? new Uint8Array(lengthBytes) : random.bytes(lengthBytes),
  }));
  const data = new Uint8Array(Buffer.concat(files.map(({ bytes }) => bytes)));
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(data.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  const info = {
    name: 'content',
    'piece length': pieceLength,
    pieces: new Uint8Array(Buffer.concat(hashes)),
    files: layout.map(({ name, lengthBytes, isPad }) => ({
      length: lengthBytes,
      path: [name],
      ...(isPad === true && { attr: 'p' }),
    })),
  };
  const metainfoBytes = encode({ info });
  const metainfo = parseMetainfo(metainfoBytes);
  const { infoHash } = metainfo.info;
  const magnet = { infoHash, trackers: [], peers: [] };
  return { metainfo, metainfoBytes, infoHash, magnet, data, pieceLength, pieceCount: hashes.length, files };
}

const torrent = paddedTorrent('padded');
const real = torrent.files.filter((_, index) => layout[index]?.isPad !== true);

/** A storage that has all files but those that nobody keeps. */
function withoutPads(): MemoryStorage {
  const storage = new MemoryStorage();
  for (const { path, bytes } of real) storage.put(path, bytes);
  return storage;
}

describe('pad files (BEP 47)', () => {
  it('are zeros that are checked, sent and received, and never kept, in memory', async () => {
    await runSwarm({ seed: 1, torrent }, async (swarm) => {
      const seed = await swarm.addLeech({ storage: withoutPads() });
      await swarm.clock.runUntil(() => seed.torrent.state === 'seeding', { timeoutMs: 60_000 });
      const first = await swarm.addLeech({ connectTo: [seed] });
      await swarm.clock.runUntil(() => first.torrent.state === 'seeding', { timeoutMs: 600_000 });
      await seed.stop();
      // What the first has is enough for another, pads included.
      const second = await swarm.addLeech({ connectTo: [first] });
      await swarm.clock.runUntil(() => second.torrent.state === 'seeding', { timeoutMs: 600_000 });
      for (const { storage, torrent: handle } of [first, second]) {
        expect(handle.stats.hashFailures).toBe(0);
        for (const [index, { path, bytes }] of torrent.files.entries()) {
          const found = storage.get(path);
          if (layout[index]?.isPad === true) expect(found).toBeUndefined();
          else expect(Buffer.compare(found ?? Buffer.from('missing'), bytes)).toBe(0);
        }
      }
    });
  });

  it('are never on a disk, from which they are served and checked again all the same', async () => {
    const root = temporaryFolder();
    const swarm = createSwarm({ seed: 2, torrent });
    const seed = await swarm.addLeech({ storage: withoutPads() });
    await swarm.clock.runUntil(() => seed.torrent.state === 'seeding', { timeoutMs: 60_000 });
    const wrapStorage = () => fileStorage(root);
    const first = await swarm.addLeech({ connectTo: [seed], wrapStorage });
    await runWithDisk(swarm, () => first.torrent.state === 'seeding');
    await stopWithDisk(swarm, first);
    expect(filesBelow(root)).toEqual(real.map(({ path }) => path).sort());
    for (const { path, bytes } of real) expect(Buffer.compare(readFileSync(join(root, path)), bytes)).toBe(0);

    const again = await swarm.addLeech({ wrapStorage });
    await runWithDisk(swarm, () => again.torrent.state === 'seeding');
    await settleWithDisk(swarm, again.torrent.recheck());
    expect(again.torrent.state).toBe('seeding');
    const second = await swarm.addLeech({ connectTo: [again] });
    await runWithDisk(swarm, () => second.torrent.state === 'seeding');
    expect(second.torrent.stats.hashFailures).toBe(0);
    await settleWithDisk(swarm, swarm.stop());
  });

  it('beside a file that is not wanted neither make it nor are made', async () => {
    const root = temporaryFolder();
    const swarm = createSwarm({ seed: 3, torrent });
    const seed = await swarm.addLeech({ storage: withoutPads() });
    const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(root) });
    for (const [file, { name }] of layout.entries())
      if (name !== 'tiny') leech.torrent.setFilePriority(file, 0);
    await runWithDisk(swarm, () => existsSync(join(root, 'content/tiny')));
    await runWithDisk(swarm, () => leech.torrent.state === 'finished');
    expect(filesBelow(root)).toEqual(['content/tiny']);
    await settleWithDisk(swarm, swarm.stop());
  });
});
