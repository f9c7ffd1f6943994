import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert, TorrentContext } from '@peerloom/core/plugin';
import { runSwarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import {
  fileStorage,
  filesBelow,
  isFileRight,
  runWithDisk,
  settleWithDisk,
  stopWithDisk,
  temporaryFolder,
} from '../fixtures/disk-swarm.js';

const pieceLength = 32 * 1024;
const torrent = { pieceLength, fileLengths: [12 * pieceLength + 100, 6 * pieceLength, 9 * pieceLength] };
const names = ['content/file-0', 'content/file-1', 'content/file-2'];

/** What a peer tells of moves and renames from now on. */
function placesToldBy({ session }: SwarmPeer): object[] {
  const told: object[] = [];
  const note = ({ infoHash, ...alert }: Alert & { infoHash: unknown }): void => void told.push(alert);
  session.on('storageMoved', note);
  session.on('storageMoveFailed', note);
  session.on('fileRenamed', note);
  session.on('fileRenameFailed', note);
  return told;
}

describe('moving a torrent', () => {
  it('in the middle of a download goes on in the new place, and there in the next session', async () => {
    const [from, to] = [temporaryFolder(), join(temporaryFolder(), 'archive')];
    await runSwarm({ seed: 3, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(from) });
      const told = placesToldBy(leech);
      await runWithDisk(swarm, () => leech.torrent.stats.piecesHave >= 6);
      await settleWithDisk(swarm, leech.torrent.moveStorage(to));
      expect(leech.torrent.stats.piecesHave).toBeLessThan(27);
      expect(filesBelow(from)).toEqual([]);
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      expect(told).toEqual([{ type: 'storageMoved', place: to }]);
      expect(leech.torrent.stats.hashFailures).toBe(0);
      expect(filesBelow(from)).toEqual([]);
      for (const file of [0, 1, 2]) expect(isFileRight(to, swarm.content, file)).toBe(true);
      await stopWithDisk(swarm, leech);

      const next = await swarm.addLeech({ wrapStorage: () => fileStorage(to) });
      await runWithDisk(swarm, () => next.torrent.state === 'seeding');
      await stopWithDisk(swarm, next);
    });
  });

  it('while it is served disturbs nobody', async () => {
    const folders = [temporaryFolder(), temporaryFolder()];
    await runSwarm({ seed: 5, torrent }, async (swarm) => {
      const origin = await swarm.addSeed();
      const seed = await swarm.addLeech({
        connectTo: [origin],
        wrapStorage: () => fileStorage(folders[0] ?? ''),
      });
      await runWithDisk(swarm, () => seed.torrent.state === 'seeding');
      await origin.stop();
      const leech = await swarm.addLeech({ connectTo: [seed] });
      for (let moves = 1; moves <= 4; moves++) {
        await runWithDisk(swarm, () => leech.torrent.stats.piecesHave >= moves * 5);
        await settleWithDisk(swarm, seed.torrent.moveStorage(folders[moves % 2] ?? ''));
      }
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      expect(leech.hasRightData()).toBe(true);
      expect(leech.torrent.stats.hashFailures).toBe(0);
      expect(seed.torrent.error).toBeUndefined();
      await stopWithDisk(swarm, seed);
    });
  });

  it('to where something is in the way is told, and the download goes on where it is', async () => {
    const [from, to] = [temporaryFolder(), temporaryFolder()];
    mkdirSync(join(to, 'content'));
    for (const name of names) writeFileSync(join(to, name), 'theirs');
    await runSwarm({ seed: 7, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(from) });
      const told = placesToldBy(leech);
      await runWithDisk(swarm, () => leech.torrent.stats.piecesHave >= 6);
      const failed = { code: 'STORAGE_EXISTS' };
      await expect(settleWithDisk(swarm, leech.torrent.moveStorage(to))).rejects.toMatchObject(failed);
      expect(told).toMatchObject([{ type: 'storageMoveFailed', place: to, error: failed }]);
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      for (const file of [0, 1, 2]) expect(isFileRight(from, swarm.content, file)).toBe(true);
      expect(filesBelow(to)).toEqual(names);
      await stopWithDisk(swarm, leech);
    });
  });

  it('is refused before the metadata is known, and by a storage that cannot', async () => {
    await runSwarm({ seed: 9, torrent }, async (swarm) => {
      const leech = await swarm.addLeech();
      await expect(leech.torrent.moveStorage('/x')).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
      const magnet = await swarm.addLeech({ isMagnet: true });
      const unknown = { code: 'SESSION_NO_METADATA' };
      await expect(magnet.torrent.moveStorage('/x')).rejects.toMatchObject(unknown);
      await expect(magnet.torrent.renameFile(0, 'x')).rejects.toMatchObject(unknown);
      expect(() => magnet.torrent.filePath(0)).toThrow(expect.objectContaining(unknown));
    });
  });
});

describe('renaming a file', () => {
  it('in the middle of a download lasts, in the next session too', async () => {
    const root = temporaryFolder();
    await runSwarm({ seed: 11, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const wrapStorage = () => fileStorage(root);
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      const told = placesToldBy(leech);
      const completed: string[] = [];
      leech.session.on('fileCompleted', ({ path }) => completed.push(path));
      await runWithDisk(swarm, () => existsSync(join(root, 'content/file-0')));
      const renamed = leech.torrent.renameFile(0, '../content/./new name/a\u202eb.bin');
      expect(await settleWithDisk(swarm, renamed)).toBe('content/new name/ab.bin');
      expect(leech.torrent.filePath(0)).toBe('content/new name/ab.bin');
      expect(told).toEqual([{ type: 'fileRenamed', file: 0, path: 'content/new name/ab.bin' }]);
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      expect(completed.sort()).toEqual(['content/file-1', 'content/file-2', 'content/new name/ab.bin']);
      await stopWithDisk(swarm, leech);
      expect(filesBelow(root)).toEqual(completed);

      const next = await swarm.addLeech({ wrapStorage });
      await runWithDisk(swarm, () => next.torrent.state === 'seeding');
      expect(next.torrent.filePath(0)).toBe('content/new name/ab.bin');
      expect(isFileRight(root, swarm.content, 0, 'content/new name/ab.bin')).toBe(true);
      await stopWithDisk(swarm, next);
    });
  });

  it('that cannot be is told, and nothing changes', async () => {
    await runSwarm({ seed: 13, torrent }, async (swarm) => {
      const leech = await swarm.addLeech();
      const told = placesToldBy(leech);
      for (const [file, path, code] of [
        [0, 'content/file-1', 'STORAGE_EXISTS'],
        [0, '../..', 'STORAGE_PATH'],
        [3, 'x', 'SESSION_OUT_OF_RANGE'],
      ] as const) {
        const error = { code };
        await expect(leech.torrent.renameFile(file, path)).rejects.toMatchObject(error);
        await swarm.clock.settle();
        expect(told.pop()).toMatchObject({ type: 'fileRenameFailed', file, path, error });
      }
      expect(leech.torrent.filePath(0)).toBe('content/file-0');
      expect(() => leech.torrent.filePath(3)).toThrow(
        expect.objectContaining({ code: 'SESSION_OUT_OF_RANGE' }),
      );
    });
  });

  it('and what it is called now are there for extensions, until they are gone', async () => {
    await runSwarm({ seed: 15, torrent }, async (swarm) => {
      const contexts: TorrentContext[] = [];
      const leech = await swarm.addLeech({
        extensions: [
          {
            name: 'librarian',
            apiVersion: 1,
            newTorrent: (context) => {
              contexts.push(context);
              return {};
            },
          },
        ],
      });
      const [context] = contexts;
      if (context === undefined) throw new Error('the extension was not asked');
      expect(context.filePath(1)).toBe('content/file-1');
      expect(context.filePath(3)).toBeUndefined();
      expect(await context.renameFile(1, 'content/other')).toBe('content/other');
      expect(context.filePath(1)).toBe('content/other');
      await expect(context.moveStorage('/x')).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
      await leech.session.removeTorrent(swarm.content.infoHash);
      expect(context.filePath(1)).toBe('content/other');
      for (const late of [context.renameFile(1, 'x'), context.moveStorage('/x')]) {
        await expect(late).rejects.toMatchObject({ name: 'ContextClosedError' });
      }
    });
  });
});
