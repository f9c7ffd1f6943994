import { runSwarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { addDialledFake, addVictim, bansOf, spoil } from './scene.fake.js';

const seeds = Array.from({ length: 200 }, (_, index) => index + 1);
const blockLength = 16 * 1024;
const torrent = { pieceLength: 4 * blockLength, lengthBytes: 6 * 4 * blockLength - 1000 } as const;
const settings = { diskPoolBytes: 1024 * 1024 };

describe('one poisoner among ten honest peers', () => {
  it.each(seeds)('is banned, and nobody else (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent, settings }, async (swarm) => {
      const honest: SwarmPeer[] = [];
      while (honest.length < 10) honest.push(await swarm.addSeed());
      const victim = await addVictim(swarm, { connectTo: honest });
      // The first block, so that a piece fails; then all, one of each piece, or half of them by chance.
      const isWrong = [
        () => true,
        (begin: number) => begin === blockLength,
        () => swarm.random.integer(2) === 0,
      ][seed % 3];
      let answers = 0;
      const poisoner = await addDialledFake(swarm, victim, '10.66.6.6', {
        answer: ({ begin }, block) => (answers++ === 0 || isWrong?.(begin) === true ? spoil(block) : block),
      });
      await swarm.runUntilComplete({ peers: [victim.peer] });
      await swarm.advance(1000);

      expect(bansOf(victim.peer)).toEqual(['10.66.6.6']);
      expect(victim.banned).toHaveLength(1);
      expect(victim.banned[0]).toMatchObject({ event: 'banned', endpoint: poisoner.local });
      expect(victim.banned[0]?.data).toMatchObject({ scope: 'address' });
    });
  });
});
