import { runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const KiB = 1024;
const pieceCount = 512;
const torrent = { pieceLength: 64 * KiB, lengthBytes: pieceCount * 64 * KiB } as const;
const network = { latencyMs: 20, jitterMs: 10, strictMemory: false } as const;
const contributorCount = 6;
const riderCount = 4;
/** Three regular slots and an optimistic one. */
const settings = { uploadSlots: 4 } as const;
/** Three choking rounds: in the first one nobody knows anybody, so slots go by chance. */
const startMs = 30_000;
const host = { uploadBytesPerSecond: 100 * KiB } as const;

/** For each leech the pieces it begins with: two in five, each piece with four of the ten. */
function firstPieces(swarm: Swarm): number[][] {
  const pieces = Array.from({ length: contributorCount + riderCount }, (): number[] => []);
  for (let piece = 0; piece < pieceCount; piece++) {
    const holders = pieces.map((list) => ({ list, ticket: swarm.random.next() }));
    holders.sort((a, b) => a.ticket - b.ticket);
    for (const { list } of holders.slice(0, 4)) list.push(piece);
  }
  return pieces;
}

/** Content that came from others than the seed, in bytes. */
function fromLeeches({ torrent }: SwarmPeer, seed: SwarmPeer): number {
  return torrent
    .peers()
    .filter(({ endpoint }) => endpoint.address !== seed.endpoint.address)
    .reduce((sum, { downloadedBytes }) => sum + downloadedBytes, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('free riders', { timeout: 120_000 }, () => {
  // Each contributor gives three quarters of what it can to three contributors, and the rest to one of those
  // that earned no slot: two contributors and four riders. So a contributor gets 75 KiB/s and a sixth of what
  // six give by chance, 83 KiB/s in all less the overhead, and a rider 25 KiB/s: after the start, and until
  // contributors are complete and serve each in turn.
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'get far less from leeches than those who upload, and end last (seed %i)',
    async (number) => {
      await runSwarm({ seed: number, torrent, network, settings }, async (swarm) => {
        // What it gives is little beside what the leeches give each other.
        const seed = await swarm.addSeed({ host: { uploadBytesPerSecond: 20 * KiB } });
        const ended: string[] = [];
        const leeches: SwarmPeer[] = [];
        for (const [index, have] of firstPieces(swarm).entries()) {
          const isRider = index >= contributorCount;
          const kind = isRider ? 'rider' : 'contributor';
          const own = isRider ? { uploadSlots: 0 } : {};
          const leech = await swarm.addPeer({ name: `${kind}-${index}`, host, have, settings: own });
          leech.session.on('torrentFinished', () => ended.push(kind));
          leeches.push(leech);
        }
        swarm.connectAll();
        await swarm.advance(startMs);
        const atStart = leeches.map((leech) => fromLeeches(leech, seed));
        await swarm.clock.runUntil(() => ended.length > 0, {
          timeoutMs: 600_000,
          what: 'the first leech to finish',
        });
        const bytes = leeches.map((leech, index) => fromLeeches(leech, seed) - (atStart[index] ?? 0));
        const shown = JSON.stringify(bytes.map((count) => Math.round(count / KiB)));
        const contributors = bytes.slice(0, contributorCount);
        const riders = bytes.slice(contributorCount);
        expect(mean(riders), shown).toBeLessThan(0.5 * mean(contributors));
        expect(Math.max(...riders), shown).toBeLessThan(Math.min(...contributors));
        await swarm.runUntilComplete();
        expect(ended.slice(contributorCount)).toEqual(Array(riderCount).fill('rider'));
      });
    },
  );
});
