import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '@peerloom/core';
import { FaultyStorage, runSwarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import {
  fileStorage,
  filesBelow,
  isFileRight,
  runWithDisk,
  stopWithDisk,
  temporaryFolder,
} from '../fixtures/disk-swarm.js';

const pieceLength = 32 * 1024;
/** The second file begins and ends inside pieces that it shares; the third lies within one. */
const torrent = {
  pieceLength,
  fileLengths: [5 * pieceLength + 100, 6 * pieceLength, 3000, 4 * pieceLength],
};
const [first, second, third, fourth] = [
  'content/file-0',
  'content/file-1',
  'content/file-2',
  'content/file-3',
];

function select({ torrent }: SwarmPeer, ...wanted: readonly number[]): void {
  for (const file of [0, 1, 2, 3]) torrent.setFilePriority(file, wanted.includes(file) ? 4 : 0);
}

describe('selecting files, in memory', () => {
  it('makes the wanted ones only, serves all that is had, and completes what is selected later', async () => {
    await runSwarm({ seed: 2, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed] });
      select(leech, 0, 3);
      await swarm.runUntilComplete();
      expect(leech.torrent.state).toBe('finished');
      expect([second, third].map((path) => leech.storage.get(path ?? ''))).toEqual([undefined, undefined]);
      const had = leech.torrent.stats.piecesHave;
      expect(had).toBe(11);

      // Everything it has is served, also what is of files that were never made.
      await seed.stop();
      const other = await swarm.addLeech({ connectTo: [leech] });
      await swarm.clock.runUntil(() => other.torrent.stats.piecesHave === had, { timeoutMs: 60_000 });

      const again = await swarm.addSeed({ name: 'again' });
      select(leech, 0, 1, 2, 3);
      expect(leech.torrent.state).toBe('downloading');
      swarm.connect(leech, again);
      swarm.connect(other, again);
      await swarm.clock.runUntil(
        () => leech.torrent.state === 'seeding' && other.torrent.state === 'seeding',
        { timeoutMs: 600_000 },
      );
      expect([leech, other].every((peer) => peer.hasRightData())).toBe(true);
    });
  });

  it('a file that lies within a piece that is had is there as soon as the torrent says finished', async () => {
    await runSwarm({ seed: 4, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed] });
      select(leech, 0, 3);
      await swarm.runUntilComplete();
      expect(leech.storage.get(third ?? '')).toBeUndefined();
      const downloaded = leech.torrent.stats.downloadedBytes;
      select(leech, 0, 2, 3);
      await swarm.clock.runUntil(() => leech.torrent.state === 'finished', { timeoutMs: 60_000 });
      expect(Buffer.compare(leech.storage.get(third ?? '') ?? Buffer.alloc(0), file(swarm.content, 2))).toBe(
        0,
      );
      expect(leech.torrent.stats.downloadedBytes).toBe(downloaded);
    });
  });
});

describe('selecting files, where the storage fails', () => {
  it('stops the torrent; told to go on, it puts the files in their places', async () => {
    await runSwarm({ seed: 12, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const made: FaultyStorage[] = [];
      const leech = await swarm.addLeech({
        connectTo: [seed],
        wrapStorage: (storage) => {
          const wrapped = new FaultyStorage(storage, swarm.clock);
          made.push(wrapped);
          return wrapped;
        },
      });
      select(leech, 0, 3);
      await swarm.runUntilComplete();
      const [faulty] = made;
      const selections = faulty?.count('select') ?? 0;
      faulty?.failAll('select', new StorageError('STORAGE_FULL', 'no space is left', 'content/file-2'));
      select(leech, 0, 2, 3);
      await swarm.clock.runUntil(() => leech.torrent.state === 'error', { timeoutMs: 60_000 });
      expect(leech.torrent.error?.code).toBe('STORAGE_FULL');
      // Four files were set, one after the other: the storage hears of it once.
      expect(faulty?.count('select')).toBe(selections + 1);
      expect(leech.storage.get(third ?? '')).toBeUndefined();
      faulty?.repair();
      leech.torrent.resume();
      await swarm.clock.runUntil(() => leech.torrent.state === 'finished', { timeoutMs: 60_000 });
      expect(leech.storage.get(third ?? '')?.length).toBe(3000);
    });
  });

  it('with whatever error: it is told as one of the storage', async () => {
    await runSwarm({ seed: 14, torrent }, async (swarm) => {
      const leech = await swarm.addLeech({
        wrapStorage: (storage) => ({
          open: async (layout, slots) => {
            const inner = await storage.open(layout, slots);
            return Object.assign(inner, {
              selectFiles: async (unwanted: readonly number[]) => {
                if (unwanted.length > 0) throw new TypeError('oops');
                return [];
              },
              move: () => Promise.reject(new TypeError('oops')),
              renameFile: () => Promise.reject(new TypeError('oops')),
            });
          },
        }),
      });
      await swarm.clock.runUntil(() => leech.torrent.state === 'downloading', { timeoutMs: 60_000 });
      const failed = { name: 'StorageError', code: 'STORAGE_IO' };
      await expect(leech.torrent.moveStorage('/x')).rejects.toMatchObject(failed);
      await expect(leech.torrent.renameFile(0, 'x')).rejects.toMatchObject(failed);
      select(leech, 0);
      await swarm.clock.runUntil(() => leech.torrent.state === 'error', { timeoutMs: 60_000 });
      expect(leech.torrent.error).toMatchObject(failed);
    });
  });
});

function file({ files }: { files: readonly { readonly bytes: Uint8Array }[] }, index: number): Uint8Array {
  return files[index]?.bytes ?? new Uint8Array(0);
}

describe('selecting files, on a disk', () => {
  it('makes the wanted ones only; selected later, and in another session, the rest is fetched alone', async () => {
    const root = temporaryFolder();
    await runSwarm({ seed: 6, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const wrapStorage = () => fileStorage(root);
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      select(leech, 0, 3);
      await runWithDisk(swarm, () => leech.torrent.state === 'finished');
      expect(filesBelow(root)).toEqual([first, fourth]);
      await stopWithDisk(swarm, leech);

      const next = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      select(next, 0, 1, 3);
      // All pieces are had by then: the third file lies within one of them.
      await runWithDisk(swarm, () => next.torrent.state === 'seeding');
      expect(filesBelow(root)).toEqual([first, second, fourth]);
      // Nothing of what the first session had was fetched again.
      expect(next.torrent.stats.downloadedBytes).toBe(5 * pieceLength);

      select(next, 1);
      select(next, 1, 2);
      await runWithDisk(swarm, () => next.torrent.state === 'seeding');
      expect(filesBelow(root)).toEqual([first, second, third, fourth]);
      for (const index of [0, 1, 2, 3]) expect(isFileRight(root, swarm.content, index)).toBe(true);
      await stopWithDisk(swarm, next);
    });
  });

  it('a file that is not wanted any more stays where it is, and is completed there', async () => {
    const root = temporaryFolder();
    await runSwarm({ seed: 8, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(root) });
      await runWithDisk(swarm, () => existsSync(join(root, second ?? '')));
      select(leech, 0, 3);
      await runWithDisk(swarm, () => leech.torrent.state === 'finished' || leech.torrent.state === 'seeding');
      expect(existsSync(join(root, second ?? ''))).toBe(true);
      select(leech, 0, 1, 2, 3);
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      for (const index of [0, 1, 2, 3]) expect(isFileRight(root, swarm.content, index)).toBe(true);
      await stopWithDisk(swarm, leech);
    });
  });

  it("somebody else's file in the place of one that becomes wanted is not written over", async () => {
    const root = temporaryFolder();
    await runSwarm({ seed: 10, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(root) });
      select(leech, 0, 3);
      await runWithDisk(swarm, () => leech.torrent.state === 'finished');
      writeFileSync(join(root, second ?? ''), 'theirs');
      select(leech, 0, 1, 3);
      await runWithDisk(swarm, () => leech.torrent.state === 'error');
      expect(leech.torrent.error?.code).toBe('STORAGE_FOREIGN_FILE');
      expect(filesBelow(root)).toEqual([first, second, fourth]);
      await stopWithDisk(swarm, leech);
    });
  });
});
