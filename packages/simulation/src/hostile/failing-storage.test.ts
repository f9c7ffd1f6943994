import { StorageError } from '@peerloom/core';
import { FaultyStorage, runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const torrent = { pieceLength: 64 * 1024, lengthBytes: 12 * 64 * 1024 } as const;

describe('a write that fails', () => {
  it.each([1, 5, 12])('stops the torrent with an alert, and resume goes on (write %i)', async (nth) => {
    await runSwarm({ seed: nth, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      let faulty: FaultyStorage | undefined;
      const leech = await swarm.addLeech({
        connectTo: [seed],
        wrapStorage: (storage) => {
          faulty = new FaultyStorage(storage, swarm.clock);
          faulty.fail('write', nth, new StorageError('STORAGE_FULL', 'no space left', 'x'));
          return faulty;
        },
      });
      const errors: string[] = [];
      leech.session.on('torrentError', ({ error }) => {
        errors.push(error.code);
      });
      const announced: number[] = [];
      leech.session.on('pieceFinished', ({ piece }) => {
        announced.push(piece);
      });
      await swarm.clock.runUntil(() => leech.torrent.state === 'error', { timeoutMs: 60_000 });
      await swarm.advance(5000);
      expect(errors).toEqual(['STORAGE_FULL']);
      expect(leech.torrent.error?.code).toBe('STORAGE_FULL');
      expect(leech.torrent.peers()).toEqual([]);
      const trusted = announced.length;
      expect(leech.torrent.stats.piecesHave).toBe(trusted);

      faulty?.repair();
      leech.torrent.resume();
      await swarm.runUntilComplete();
      expect(leech.session.stats().slotsInUse).toBe(0);
    });
  });

  it('of a piece too large for memory stops the torrent too', async () => {
    const large = { pieceLength: 1024 * 1024, lengthBytes: 3 * 1024 * 1024 };
    await runSwarm(
      { seed: 1, torrent: large, settings: { diskPoolBytes: 2 * 1024 * 1024 } },
      async (swarm) => {
        const seed = await swarm.addSeed();
        let faulty: FaultyStorage | undefined;
        const leech = await swarm.addLeech({
          connectTo: [seed],
          wrapStorage: (storage) => {
            faulty = new FaultyStorage(storage, swarm.clock);
            faulty.fail('write', 20, new StorageError('STORAGE_FULL', 'no space left', 'x'));
            return faulty;
          },
        });
        await swarm.clock.runUntil(() => leech.torrent.state === 'error', { timeoutMs: 60_000 });
        faulty?.repair();
        leech.torrent.resume();
        await swarm.runUntilComplete();
        expect(leech.session.stats().slotsInUse).toBe(0);
      },
    );
  });
});

describe('a read that fails', () => {
  it('stops the seed with an alert, and is not served', async () => {
    await runSwarm({ seed: 3, torrent }, async (swarm) => {
      let faulty: FaultyStorage | undefined;
      const seed = await swarm.addSeed({
        wrapStorage: (storage) => {
          faulty = new FaultyStorage(storage, swarm.clock);
          faulty.failAll('read', new StorageError('STORAGE_IO', 'bad medium', 'x'));
          return faulty;
        },
      });
      const leech = await swarm.addLeech({ connectTo: [seed] });
      await swarm.clock.runUntil(() => seed.torrent.state === 'error', { timeoutMs: 60_000 });
      expect(seed.torrent.error?.code).toBe('STORAGE_IO');
      expect(leech.torrent.stats.piecesHave).toBe(0);
      await swarm.advance(1000);
      expect(seed.session.stats().slotsInUse).toBe(0);
    });
  });
});
