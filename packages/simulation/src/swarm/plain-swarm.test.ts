import { alertCategories } from '@peerloom/core/plugin';
import { runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

/** Runs a seed and leeches that know each other; what happened, in order. */
async function run(seed: number): Promise<string[]> {
  const log: string[] = [];
  await runSwarm(
    { seed, network: { latencyMs: 20, jitterMs: 30, lossRate: 0.01 }, torrent: { pieceLength: 32 * 1024 } },
    async (swarm) => {
      await swarm.addSeed({ host: { uploadBytesPerSecond: 200_000 } });
      for (let i = 0; i < 5; i++) await swarm.addLeech();
      for (const { name, session } of swarm.peers) {
        const alerts = session.alerts({ mask: ~alertCategories.log, capacity: 1_000_000 });
        void (async () => {
          for await (const alert of alerts) {
            const fields = Object.values(alert).filter((value) => typeof value !== 'object');
            log.push(`${swarm.clock.now()} ${name} ${fields.join(' ')}`);
          }
        })();
      }
      swarm.connectAll();
      await swarm.runUntilComplete();
      for (const peer of swarm.peers) {
        expect(peer.hasRightData(), peer.name).toBe(true);
        expect(peer.torrent.stats).toMatchObject({ hashFailures: 0, wastedBytes: 0 });
        expect(peer.session.stats()).toMatchObject({ slotsInUse: 0, plugins: {} });
      }
      const leeches = swarm.peers.slice(1);
      const shared = leeches.reduce((sum, { torrent }) => sum + torrent.stats.uploadedBytes, 0);
      expect(shared, 'leeches give to each other').toBeGreaterThan(0);
    },
  );
  return log;
}

describe('a swarm without plugins', () => {
  it.each([1, 2, 3])('a seed and five leeches end with identical bytes (seed %i)', async (seed) => {
    const log = await run(seed);
    expect(log.filter((line) => line.includes('torrentFinished'))).toHaveLength(5);
  });

  it('the same seed gives the same run, another one another', async () => {
    const first = await run(7);
    expect(first.length).toBeGreaterThan(500);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  it('survives partitions, crashes and a seed that leaves', async () => {
    await runSwarm({ seed: 5 }, async (swarm) => {
      const seed = await swarm.addSeed({ host: { uploadBytesPerSecond: 300_000 } });
      const leeches = [await swarm.addLeech(), await swarm.addLeech(), await swarm.addLeech()];
      swarm.connectAll();
      const [first, second, third] = leeches;
      if (first === undefined || second === undefined || third === undefined)
        throw new TypeError('three leeches');
      await swarm.clock.runUntil(() => first.torrent.stats.piecesHave >= 2, { timeoutMs: 60_000 });
      swarm.network.partition(seed.host, [first.host, second.host]);
      await swarm.advance(20_000);
      swarm.network.heal(seed.host, [first.host, second.host]);
      await swarm.runUntilComplete({ peers: [third] });
      seed.crash();
      await swarm.runUntilComplete({ peers: leeches });
      for (const { session } of leeches) expect(session.stats().slotsInUse).toBe(0);
    });
  });
});
