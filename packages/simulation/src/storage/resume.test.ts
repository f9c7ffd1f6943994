import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert } from '@peerloom/core';
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
const torrent = { pieceLength, fileLengths: [20 * pieceLength + 5] };

/** Alerts about what is kept, from now on. */
function resumeAlerts(node: SwarmPeer): Alert[] {
  const told: Alert[] = [];
  const note = (alert: Alert): void => {
    told.push(alert);
  };
  node.session.on('resumeLoaded', note);
  node.session.on('resumeRejected', note);
  node.session.on('resumeSaveFailed', note);
  return told;
}

/** The state folder of the only torrent below a folder. */
function stateFolder(root: string): string {
  const [torrentFolder = ''] = readdirSync(join(root, '.peerloom'));
  return join(root, '.peerloom', torrentFolder);
}

describe('a download that goes on in another session', () => {
  it('fetches nothing again of what a clean stop had, incomplete pieces included', async () => {
    const root = temporaryFolder();
    const wrapStorage = () => fileStorage(root);
    await runSwarm({ seed: 3, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      await runWithDisk(swarm, () => leech.torrent.stats.piecesHave >= 5);
      await stopWithDisk(swarm, leech);
      const first = leech.torrent.stats.downloadedBytes;
      const total = swarm.content.metainfo.info.layout.totalLength;
      expect(first).toBeLessThan(total);

      const next = await swarm.addLeech({ wrapStorage });
      const told = resumeAlerts(next);
      await runWithDisk(swarm, () => next.torrent.state === 'downloading');
      expect(next.torrent.checkedBytes).toBe(0);
      expect(told).toMatchObject([{ type: 'resumeLoaded', piecesToCheck: 0 }]);
      next.torrent.addPeer(seed.endpoint);
      await runWithDisk(swarm, () => next.torrent.state === 'seeding');
      expect(first + next.torrent.stats.downloadedBytes).toBe(total);
      expect(isFileRight(root, swarm.content, 0)).toBe(true);
      await stopWithDisk(swarm, next);

      const third = await swarm.addLeech({ wrapStorage });
      await runWithDisk(swarm, () => third.torrent.state === 'seeding');
      expect(third.torrent.checkedBytes).toBe(0);
      await stopWithDisk(swarm, third);
    });
  });

  it('checks a file that was changed meanwhile, and what is kept when that is damaged', async () => {
    const root = temporaryFolder();
    const wrapStorage = () => fileStorage(root);
    await runSwarm({ seed: 4, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      await stopWithDisk(swarm, leech);
      const file = join(root, filesBelow(root)[0] ?? '');

      truncateSync(file, 20 * pieceLength);
      const second = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      const toldSecond = resumeAlerts(second);
      await runWithDisk(swarm, () => second.torrent.state === 'seeding');
      expect(toldSecond).toMatchObject([
        { type: 'resumeRejected', error: { code: 'STORAGE_CHANGED' }, fileCount: 1 },
        { type: 'resumeLoaded', piecesTrusted: 0, piecesToCheck: 21 },
      ]);
      expect(second.torrent.stats.downloadedBytes).toBe(5);
      await stopWithDisk(swarm, second);

      writeFileSync(join(stateFolder(root), 'resume'), 'damaged');
      const third = await swarm.addLeech({ wrapStorage });
      const toldThird = resumeAlerts(third);
      await runWithDisk(swarm, () => third.torrent.state === 'seeding');
      expect(toldThird).toMatchObject([
        { type: 'resumeRejected', error: { code: 'STORAGE_RESUME_DAMAGED' }, fileCount: 0 },
      ]);
      expect(third.torrent.checkedBytes).toBe(20 * pieceLength + 5);
      await stopWithDisk(swarm, third);
    });
  });

  it('is refused while another session has the data, writes nothing, and goes on once it is free', async () => {
    const root = temporaryFolder();
    const wrapStorage = () => fileStorage(root);
    await runSwarm({ seed: 5, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      const second = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      await runWithDisk(swarm, () => second.torrent.state === 'error');
      expect(second.torrent.error).toMatchObject({ code: 'STORAGE_LOCKED' });
      await stopWithDisk(swarm, leech);
      second.torrent.resume();
      await runWithDisk(swarm, () => second.torrent.state === 'seeding');
      expect(second.torrent.checkedBytes).toBe(0);
      await stopWithDisk(swarm, second);
    });
  });

  it('hashes everything when told, and when what was kept was forgotten', async () => {
    const root = temporaryFolder();
    const wrapStorage = () => fileStorage(root);
    const total = 20 * pieceLength + 5;
    await runSwarm({ seed: 6, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage });
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      await settleWithDisk(swarm, leech.torrent.recheck());
      expect(leech.torrent.checkedBytes).toBe(total);
      const { infoHash } = leech.torrent;
      await settleWithDisk(swarm, leech.session.removeTorrent(infoHash, { forgetState: true }));
      expect(existsSync(join(root, '.peerloom'))).toBe(false);
      await stopWithDisk(swarm, leech);
      const next = await swarm.addLeech({ wrapStorage });
      await runWithDisk(swarm, () => next.torrent.state === 'seeding');
      expect(next.torrent.checkedBytes).toBe(total);
      await stopWithDisk(swarm, next);
    });
  });
});
