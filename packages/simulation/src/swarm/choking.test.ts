import type { Settings } from '@peerloom/core';
import { defineTorrentExtension, type PeerContext, pluginApiVersion } from '@peerloom/core/plugin';
import { type FakePeer, runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const KiB = 1024;
const torrent = { pieceLength: 64 * KiB, lengthBytes: 256 * 64 * KiB } as const;
const network = { latencyMs: 20, jitterMs: 10 } as const;
/** Few slots, so that who gets one matters. */
const settings: Partial<Settings> = { uploadSlots: 4 };

interface Kind {
  readonly name: string;
  readonly count: number;
  readonly uploadBytesPerSecond: number;
  readonly settings?: Partial<Settings>;
}

/** Runs leeches of several kinds for a while; what each kind has got, in KiB on average. */
async function received(swarm: Swarm, kinds: readonly Kind[]): Promise<Record<string, number>> {
  // A seed so slow that what they get is what they give each other: each begins with some pieces.
  await swarm.addSeed({ host: { uploadBytesPerSecond: 20 * KiB } });
  const all = Array.from({ length: swarm.content.pieceCount }, (_, piece) => piece);
  const groups = new Map<string, SwarmPeer[]>();
  for (const { name, count, uploadBytesPerSecond, settings: own = {} } of kinds) {
    const group: SwarmPeer[] = [];
    for (let i = 0; i < count; i++) {
      const have = all.filter(() => swarm.random.next() < 0.3);
      const options = { name: `${name}-${i}`, host: { uploadBytesPerSecond }, settings: own, have };
      group.push(await swarm.addPeer(options));
    }
    groups.set(name, group);
  }
  swarm.connectAll();
  await swarm.advance(100_000);
  return Object.fromEntries(
    [...groups].map(([name, peers]) => [
      name,
      peers.reduce((sum, { torrent }) => sum + torrent.stats.downloadedBytes, 0) / peers.length / KiB,
    ]),
  );
}

/** Takes blocks as fast as it gets them, whatever it has already, and gives nothing. */
function takeForever(remote: FakePeer): () => number {
  let taken = 0;
  const request = (): void => remote.send({ type: 'request', piece: 0, begin: 0, length: 16 * KiB });
  remote.observe((message) => {
    if (message.type === 'unchoke') for (let i = 0; i < 40; i++) request();
    if (message.type !== 'piece') return;
    taken += message.bytes.length;
    request();
  });
  remote.send({ type: 'interested' });
  return () => taken;
}

describe('choking in a swarm', { timeout: 120_000 }, () => {
  it.each([1, 2, 3, 4])(
    'gives more to who uploads more than to others and free riders (seed %i)',
    async (seed) => {
      await runSwarm({ seed, torrent, network, settings }, async (swarm) => {
        const got = await received(swarm, [
          { name: 'fast', count: 6, uploadBytesPerSecond: 100 * KiB },
          { name: 'slow', count: 6, uploadBytesPerSecond: 30 * KiB },
          { name: 'rider', count: 3, uploadBytesPerSecond: 100 * KiB, settings: { uploadSlots: 0 } },
        ]);
        const { fast = 0, slow = 0, rider = 0 } = got;
        const shown = JSON.stringify(got);
        expect(fast, shown).toBeGreaterThan(1.2 * slow);
        expect(fast, shown).toBeGreaterThan(1.2 * rider);
      });
    },
  );

  it.each([1, 2, 3])('gives a newcomer its first piece soon (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent, network, settings }, async (swarm) => {
      await swarm.addSeed({ host: { uploadBytesPerSecond: 40 * KiB } });
      for (let i = 0; i < 10; i++) await swarm.addLeech({ host: { uploadBytesPerSecond: 40 * KiB } });
      swarm.connectAll();
      await swarm.advance(60_000);
      const newcomer = await swarm.addLeech({ host: { uploadBytesPerSecond: 40 * KiB } });
      swarm.connect(newcomer, ...swarm.peers);
      const joinedAtMs = swarm.clock.now();
      await swarm.clock.runUntil(() => newcomer.torrent.stats.piecesHave > 0, {
        timeoutMs: 90_000,
        what: 'a first piece',
      });
      expect(swarm.clock.now() - joinedAtMs).toBeLessThanOrEqual(60_000);
      expect(newcomer.isComplete).toBe(false);
    });
  });

  it('gives every leech of a seed its fair share over time', async () => {
    await runSwarm({ seed: 1, torrent, network, settings: { uploadSlots: 3 } }, async (swarm) => {
      const seed = await swarm.addSeed({ host: { uploadBytesPerSecond: 500 * KiB } });
      const remotes: FakePeer[] = [];
      const taken: (() => number)[] = [];
      for (let i = 0; i < 8; i++) {
        const remote = swarm.addFakePeer(seed, { reserved: { extensionProtocol: true } });
        await remote.greet();
        remotes.push(remote);
        taken.push(takeForever(remote));
      }
      for (let minute = 0; minute < 32; minute++) {
        for (const remote of remotes) remote.send({ type: 'keepAlive' });
        await swarm.advance(60_000);
      }
      const shares = taken.map((bytes) => bytes());
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      const shown = JSON.stringify(shares);
      expect(Math.min(...shares), shown).toBeGreaterThan(0.6 * mean);
      expect(Math.max(...shares), shown).toBeLessThan(1.4 * mean);
    });
  });

  it('takes the slot from one that no longer answers, though it gave most', async () => {
    await runSwarm({ seed: 1, torrent, network, settings: { uploadSlots: 2 } }, async (swarm) => {
      const leech = await swarm.addPeer({ have: [0, 1, 2, 3] });
      let isSilent = false;
      const snubbed: (string | undefined)[] = [];
      leech.session.on('peerSnubbed', ({ endpoint }) => snubbed.push(endpoint.address));
      const open = async (uploadBytesPerSecond: number, isBest: boolean): Promise<FakePeer> => {
        const network = swarm.host(undefined, { uploadBytesPerSecond });
        const remote = swarm.addFakePeer(leech, { network });
        await remote.greet();
        remote.serve(swarm.content, {
          pieces: Array.from({ length: 250 }, (_, i) => i + 4),
          answer: (_request, block) => (isBest && isSilent ? 'silence' : block),
        });
        remote.send({ type: 'interested' });
        return remote;
      };
      const best = await open(200 * KiB, true);
      for (let i = 0; i < 5; i++) await open(15 * KiB, false);
      const lastOf = (remote: FakePeer): string | undefined =>
        remote.received.findLast(({ type }) => type === 'choke' || type === 'unchoke')?.type;
      await swarm.advance(25_000);
      expect(lastOf(best)).toBe('unchoke');
      isSilent = true;
      await swarm.advance(60_000);
      expect(snubbed).toEqual([best.connection.local?.address]);
      expect(lastOf(best)).toBe('choke');
    });
  });

  it('asks extensions: one that is vetoed gets nothing, one with priority is first', async () => {
    const nameOf = (peer: PeerContext): string => peer.endpoint.address;
    let favoured = '';
    let refused = '';
    const policy = defineTorrentExtension({ name: 'policy', apiVersion: pluginApiVersion }, () => ({
      newConnection: (peer) => ({
        canUnchoke: () => nameOf(peer) !== refused,
        unchokePriority: () => (nameOf(peer) === favoured ? 1 : undefined),
      }),
    }));
    await runSwarm({ seed: 1, torrent, network, settings: { uploadSlots: 2 } }, async (swarm) => {
      const seed = await swarm.addSeed({
        host: { uploadBytesPerSecond: 200 * KiB },
        extensions: [policy],
      });
      // They know the seed only, so what they get is what it decides.
      const leeches: SwarmPeer[] = [];
      for (let i = 0; i < 5; i++) leeches.push(await swarm.addLeech({ isStarted: false }));
      const [first, second, ...others] = leeches as [SwarmPeer, SwarmPeer, ...SwarmPeer[]];
      favoured = first.endpoint.address;
      refused = second.endpoint.address;
      for (const leech of [...others, second, first]) {
        leech.start();
        swarm.connect(leech, seed);
      }
      await swarm.clock.runUntil(() => leeches.some(({ isComplete }) => isComplete), {
        timeoutMs: 600_000,
        what: 'the first to finish',
      });
      expect(leeches.filter(({ isComplete }) => isComplete)).toEqual([first]);
      await swarm.runUntilComplete({ peers: others });
      expect(second.torrent.stats.downloadedBytes).toBe(0);
    });
  });
});
