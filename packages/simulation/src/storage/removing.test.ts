import { existsSync, rmSync } from 'node:fs';
import { runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import {
  fileStorage,
  runWithDisk,
  settleWithDisk,
  stopWithDisk,
  temporaryFolder,
} from '../fixtures/disk-swarm.js';

const pieceLength = 32 * 1024;
const torrent = { pieceLength, fileLengths: [20 * pieceLength + 5] };

describe('a torrent that is removed', () => {
  it('leaves while it is checked, or about to be once more, and can be added again', async () => {
    const root = temporaryFolder();
    await runSwarm({ seed: 21, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(root) });
      await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
      const { infoHash } = leech.torrent;
      const { metainfo } = swarm.content;
      for (const checks of [1, 2, 3]) {
        const handle = leech.session.torrent(infoHash) ?? leech.session.addTorrent({ torrent: metainfo });
        await settleWithDisk(swarm, handle.checked());
        const rechecked = Array.from({ length: checks }, () => handle.recheck());
        await settleWithDisk(swarm, leech.session.removeTorrent(infoHash));
        await settleWithDisk(swarm, Promise.all(rechecked));
      }
      const last = leech.session.addTorrent({ torrent: metainfo });
      await settleWithDisk(swarm, last.checked());
      expect(last.state).toBe('seeding');
      await stopWithDisk(swarm, leech);
    });
  });

  it('leaves as it goes on after an error', async () => {
    const root = temporaryFolder();
    await runSwarm({ seed: 22, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const first = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(root) });
      await runWithDisk(swarm, () => first.torrent.state === 'seeding');
      const second = await swarm.addLeech({ wrapStorage: () => fileStorage(root) });
      await runWithDisk(swarm, () => second.torrent.state === 'error');
      second.torrent.resume();
      await settleWithDisk(swarm, second.session.removeTorrent(second.torrent.infoHash));
      await stopWithDisk(swarm, second);
      await stopWithDisk(swarm, first);
    });
  });

  it('keeps nothing more, whatever its handle is told', async () => {
    const root = temporaryFolder();
    await runSwarm({ seed: 23, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(root) });
      await runWithDisk(swarm, () => leech.torrent.stats.piecesHave >= 5);
      await settleWithDisk(swarm, leech.session.removeTorrent(leech.torrent.infoHash));
      rmSync(root, { recursive: true });
      const saves: string[] = [];
      leech.session.on('resumeSaved', ({ type }) => saves.push(type));
      leech.session.on('resumeSaveFailed', ({ type }) => saves.push(type));
      leech.torrent.pause();
      leech.torrent.resume();
      leech.torrent.setFilePriority(0, 0);
      // The disk's turns come round many times, far more than a save takes.
      const untilMs = swarm.clock.now() + 1000;
      await runWithDisk(swarm, () => swarm.clock.now() >= untilMs);
      expect(saves).toEqual([]);
      expect(existsSync(root)).toBe(false);
      await stopWithDisk(swarm, leech);
    });
  });

  it('leaves whole where what is kept belongs to another session, and says that nothing was forgotten', async () => {
    const root = temporaryFolder();
    await runSwarm({ seed: 24, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const first = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(root) });
      await runWithDisk(swarm, () => first.torrent.state === 'seeding');
      const second = await swarm.addLeech({ wrapStorage: () => fileStorage(root) });
      await runWithDisk(swarm, () => second.torrent.state === 'error');
      const told: object[] = [];
      second.session.on('resumeSaveFailed', (alert) => told.push(alert));
      second.session.on('torrentRemoved', (alert) => told.push(alert));
      const { infoHash } = second.torrent;
      await settleWithDisk(swarm, second.session.removeTorrent(infoHash, { forgetState: true }));
      await runWithDisk(swarm, () => told.length >= 2);
      expect(told).toMatchObject([
        { type: 'resumeSaveFailed', error: { code: 'STORAGE_LOCKED' } },
        { type: 'torrentRemoved' },
      ]);
      // The storage is open to the torrent again: it was closed.
      await stopWithDisk(swarm, first);
      const again = second.session.addTorrent({ torrent: swarm.content.metainfo });
      await settleWithDisk(swarm, again.checked());
      expect(again.checkedBytes).toBe(0);
      await stopWithDisk(swarm, second);
    });
  });
});
