import { StorageError } from '@peerloom/core';
import { FaultyStorage, runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const pieceLength = 64 * 1024;
const torrent = { pieceLength, lengthBytes: 24 * pieceLength } as const;
const full = new StorageError('STORAGE_FULL', 'no space is left', 'content');

async function faultyLeech(
  swarm: Swarm,
  seed: SwarmPeer,
): Promise<{ leech: SwarmPeer; faulty: FaultyStorage }> {
  const made: FaultyStorage[] = [];
  const leech = await swarm.addLeech({
    connectTo: [seed],
    wrapStorage: (storage) => {
      const wrapped = new FaultyStorage(storage, swarm.clock);
      made.push(wrapped);
      return wrapped;
    },
  });
  const [faulty] = made;
  if (faulty === undefined) throw new Error('the storage was not wrapped');
  return { leech, faulty };
}

function inError(swarm: Swarm, { torrent }: SwarmPeer): Promise<void> {
  return swarm.clock.runUntil(() => torrent.state === 'error', { timeoutMs: 60_000 });
}

describe('a disk that fills up', () => {
  it('stops the torrent with one alert; freed, it goes on without a look at what it has', async () => {
    await runSwarm({ seed: 3, torrent }, async (swarm) => {
      const seed = await swarm.addSeed();
      const { leech, faulty } = await faultyLeech(swarm, seed);
      const errors: string[] = [];
      leech.session.on('torrentError', ({ error }) => errors.push(error.code));
      await swarm.clock.runUntil(() => leech.torrent.stats.piecesHave >= 6, { timeoutMs: 60_000 });
      faulty.failAll('write', full);
      await inError(swarm, leech);
      await swarm.advance(10_000);
      expect(errors).toEqual(['STORAGE_FULL']);
      expect(leech.torrent.peers()).toEqual([]);
      const had = leech.torrent.stats.piecesHave;
      const downloaded = leech.torrent.stats.downloadedBytes;
      const hashes = faulty.count('hash');

      // Still full: the same again, and nothing is lost by it.
      leech.torrent.resume();
      await inError(swarm, leech);
      expect(leech.torrent.stats.piecesHave).toBe(had);

      faulty.repair();
      leech.torrent.resume();
      await swarm.runUntilComplete();
      expect(faulty.count('hash')).toBe(hashes);
      expect(leech.torrent.stats.piecesHave).toBe(24);
      // What was on its way when the connection ended is all that is fetched twice.
      const missing = torrent.lengthBytes - had * pieceLength;
      expect(leech.torrent.stats.downloadedBytes - downloaded).toBeLessThan(missing);
      expect(leech.session.stats().slotsInUse).toBe(0);
    });
  });

  it('keeps the blocks of a piece too large for memory, too', async () => {
    const large = { pieceLength: 1024 * 1024, lengthBytes: 2 * 1024 * 1024 };
    const settings = { diskPoolBytes: 2 * 1024 * 1024 };
    await runSwarm({ seed: 1, torrent: large, settings }, async (swarm) => {
      const seed = await swarm.addSeed();
      const { leech, faulty } = await faultyLeech(swarm, seed);
      await swarm.clock.runUntil(() => faulty.count('write') >= 100, { timeoutMs: 60_000 });
      faulty.failAll('write', full);
      await inError(swarm, leech);
      await swarm.advance(10_000);
      const downloaded = leech.torrent.stats.downloadedBytes;
      faulty.repair();
      leech.torrent.resume();
      await swarm.runUntilComplete();
      const again = leech.torrent.stats.downloadedBytes - downloaded;
      expect(again).toBeLessThan(large.lengthBytes - 90 * 16 * 1024);
      expect(leech.session.stats().slotsInUse).toBe(0);
    });
  });

  it('leaves no slot behind where the torrent is removed while it waits', async () => {
    const settings = { diskPoolBytes: 1024 * 1024 };
    await runSwarm({ seed: 5, torrent, settings }, async (swarm) => {
      const seed = await swarm.addSeed();
      const { leech, faulty } = await faultyLeech(swarm, seed);
      faulty.failAll('write', full);
      await inError(swarm, leech);
      await swarm.advance(1_000);
      expect(leech.session.stats().slotsInUse).toBeGreaterThan(0);
      await leech.session.removeTorrent(leech.torrent.infoHash);
      expect(leech.session.stats().slotsInUse).toBe(0);
    });
  });
});

describe('a read that fails', () => {
  it('puts the pieces of its file in doubt and no others', async () => {
    const two = { pieceLength, fileLengths: [8 * pieceLength, 4 * pieceLength] };
    await runSwarm({ seed: 9, torrent: two }, async (swarm) => {
      const made: FaultyStorage[] = [];
      const seed = await swarm.addSeed({
        wrapStorage: (storage) => {
          const wrapped = new FaultyStorage(storage, swarm.clock);
          made.push(wrapped);
          return wrapped;
        },
      });
      const [faulty] = made;
      await swarm.clock.runUntil(() => seed.torrent.state === 'seeding', { timeoutMs: 60_000 });
      faulty?.fail('read', 1, new StorageError('STORAGE_IO', 'bad sector', 'content/file-1'));
      await swarm.addLeech({ connectTo: [seed] });
      await swarm.clock.runUntil(() => seed.torrent.state === 'error', { timeoutMs: 60_000 });
      seed.torrent.resume();
      await swarm.runUntilComplete();
      expect(faulty?.count('hash')).toBe(4);
    });
  });
});
