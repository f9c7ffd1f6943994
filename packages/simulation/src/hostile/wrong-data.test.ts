import { type FakePeer, fakeBitfield, runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const pieceCount = 12;
const torrent = { pieceLength: 64 * 1024, lengthBytes: pieceCount * 64 * 1024 } as const;
const damaged = 3;
const seeds = Array.from({ length: 16 }, (_, index) => index + 1);

/** A peer that has everything, the first pieces of it wrong, and is quick. */
async function addLiar(swarm: Swarm, victim: SwarmPeer): Promise<FakePeer> {
  const liar = swarm.addFakePeer(victim);
  await liar.handshake();
  liar.send({ type: 'bitfield', bits: fakeBitfield(pieceCount, [...Array(pieceCount).keys()]) });
  liar.serve(swarm.content, {
    answer: ({ piece }, block) => (piece < damaged ? block.fill(0xee) : block),
  });
  return liar;
}

describe('a peer that serves wrong data', () => {
  it.each(seeds)('is asked again for a piece after a minute, not at once (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent }, async (swarm) => {
      const victim = await swarm.addLeech();
      await addLiar(swarm, victim);
      await swarm.advance(30_000);
      expect(victim.torrent.stats).toMatchObject({
        piecesHave: pieceCount - damaged,
        hashFailures: damaged,
      });
      await swarm.advance(40_000);
      expect(victim.torrent.stats.hashFailures).toBe(2 * damaged);
      const honest = await swarm.addSeed({ connectTo: [victim] });
      await swarm.runUntilComplete({ peers: [victim, honest] });
    });
  });

  it.each(seeds)('beside an honest one costs a piece two failures at most (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent }, async (swarm) => {
      const victim = await swarm.addLeech();
      await addLiar(swarm, victim);
      await swarm.addSeed({ connectTo: [victim] });
      await swarm.runUntilComplete({ peers: [victim] });
      expect(victim.torrent.stats.hashFailures).toBeLessThanOrEqual(2 * damaged);
    });
  });
});
