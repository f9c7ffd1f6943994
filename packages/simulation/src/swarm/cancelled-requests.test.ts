import { type FakePeer, runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { expect, it } from 'vitest';

const blockLength = 16 * 1024;
const torrent = { pieceLength: 2 * blockLength, lengthBytes: 2 * blockLength };

/** A scripted seed that lets the leech ask, and answers nothing by itself. */
async function addSilentSeed(swarm: Swarm, leech: SwarmPeer): Promise<FakePeer> {
  const seed = swarm.addFakePeer(leech);
  await seed.greet();
  seed.send({ type: 'haveAll' }, { type: 'unchoke' });
  await seed.expect('request');
  await swarm.advance(100);
  return seed;
}

it('a peer that rejects what we have cancelled (BEP 6) may be asked for it again at once', async () => {
  await runSwarm({ torrent }, async (swarm) => {
    const leech = await swarm.addLeech();
    const liar = await addSilentSeed(swarm, leech);
    const honest = await addSilentSeed(swarm, leech);
    for (const begin of [0, blockLength]) {
      liar.send({ type: 'piece', piece: 0, begin, bytes: new Uint8Array(blockLength) });
    }
    for (const begin of [0, blockLength]) {
      const { piece, length } = await honest.expect('cancel', (cancel) => cancel.begin === begin);
      honest.send({ type: 'reject', piece, begin, length });
    }
    // The piece was wrong: the other peer is the only one that can be asked.
    await honest.expect('request', () => true, { timeoutMs: 1_000 });
    honest.serve(swarm.content);
    await swarm.runUntilComplete({ peers: [leech] });
    expect(leech.torrent.stats.hashFailures).toBe(1);
  });
});
