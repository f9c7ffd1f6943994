import {
  type Certificate,
  createAuthority,
  describeFile,
  issueMember,
  principalOf,
  revokeMembers,
} from '@peerloom/closed-network';
import { formatEndpoint } from '@peerloom/core/plugin';
import {
  DeterministicSecureRandom,
  runSwarm,
  type Swarm,
  type SwarmOptions,
  type SwarmPeer,
} from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import {
  addPoisoner,
  bansOf,
  type FirstPartyName,
  firstPartyNames,
  makeExtension,
  makeExtensions,
} from './first-party.js';

const options: SwarmOptions = {
  torrent: { pieceLength: 32 * 1024, lengthBytes: 16 * 32 * 1024 - 1000 },
  network: { latencyMs: 20 },
};
/** Slow enough for peers to be told of while data flows. */
const slowly = { uploadBytesPerSecond: 60_000 } as const;
const poisonerAddress = '10.66.6.6';

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first) =>
    ordersOf(items.filter((item) => item !== first)).map((others) => [first, ...others]),
  );
}

/** Every fifth one: each extension comes first, and each two in both orders. */
const someOrders = ordersOf(firstPartyNames).filter((_, index) => index % 5 === 0);

const counterOf = ({ session }: SwarmPeer, name: string): number => session.stats().counters[name] ?? 0;

function expectEncrypted(peers: readonly SwarmPeer[]): void {
  for (const { name, torrent } of peers) {
    const ready = torrent.peers().filter(({ isReady }) => isReady);
    expect(ready.length, name).toBeGreaterThan(0);
    expect(
      ready.every(({ isEncrypted }) => isEncrypted),
      name,
    ).toBe(true);
  }
}

/** Stops a swarm, and checks that no extension has left anything behind. */
async function expectNothingLeft(swarm: Swarm): Promise<void> {
  await swarm.stop();
  for (const { session } of swarm.peers) {
    const { plugins, slotsInUse } = session.stats();
    expect([plugins, slotsInUse]).toEqual([{}, 0]);
  }
  // Connections that were ended take a while to be gone, as those of a system do.
  await swarm.advance(30_000);
  expect(swarm.clock.pendingTimers).toBe(0);
}

async function runUntilSettled(swarm: Swarm, promise: Promise<void>): Promise<void> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  await swarm.clock.runUntil(() => isSettled, { timeoutMs: 10_000, what: 'the removal' });
  await settled;
}

describe('all extensions together', { timeout: 60_000 }, () => {
  it.each(someOrders.map((order) => [order.join(', '), order] as const))(
    'loaded as %s: members learn metadata and peers, a poisoner is banned, strangers get nothing',
    async (_order, order) => {
      await runSwarm(options, async (swarm) => {
        const extensions = () => makeExtensions(order);
        const seed = await swarm.addSeed({ extensions: extensions(), host: slowly });
        const poisoner = await addPoisoner(swarm, { extensions: extensions(), addresses: poisonerAddress });
        const hub = await swarm.addLeech({
          extensions: extensions(),
          isMagnet: true,
          connectTo: [seed, poisoner],
        });
        const others: SwarmPeer[] = [];
        while (others.length < 2) {
          others.push(await swarm.addLeech({ extensions: extensions(), isMagnet: true, connectTo: [hub] }));
        }
        const members = [seed, hub, ...others];
        const stranger = await swarm.addPeer({
          name: 'stranger',
          extensions: makeExtensions(order.filter((name) => name !== 'closed-network')),
          isMagnet: true,
          connectTo: [seed, hub],
        });
        const script = swarm.addFakePeer(hub);
        await script.greet({ ut_metadata: 1, ut_pex: 2 });
        script.send({ type: 'interested' });
        await swarm.advance(6000);
        expect(members.filter(({ isComplete }) => isComplete)).toEqual([seed]);
        expectEncrypted(members);
        for (const { torrent } of others) expect(torrent.peers().length).toBeGreaterThan(1);

        await swarm.runUntilComplete({ peers: members });
        for (const other of others) {
          expect(counterOf(other, 'ut_pex.learned')).toBeGreaterThan(0);
        }
        expect(bansOf(hub)).toEqual([poisonerAddress]);
        expect(members.flatMap(bansOf).filter((address) => address !== poisonerAddress)).toEqual([]);

        expect(stranger.torrent.pieces()).toBeUndefined();
        expect(stranger.session.stats()).toMatchObject({ downloadedBytes: 0, uploadedBytes: 0 });
        expect(counterOf(stranger, 'ut_pex.learned')).toBe(0);
        expect(script.isClosed).toBe(true);
        expect(script.received.map(({ type }) => type)).toEqual(['extended']);
        expect(Object.keys(script.remoteIds)).toEqual(['pl_auth']);
        const told = members.flatMap(({ torrent }) => torrent.knownPeers().map(({ endpoint }) => endpoint));
        expect(told.map(formatEndpoint)).not.toContain(formatEndpoint(stranger.endpoint));
        await expectNothingLeft(swarm);
      });
    },
  );
});

describe('an extension that leaves and comes back while data flows', { timeout: 60_000 }, () => {
  it.each(firstPartyNames)('%s: the others go on, and it does its part again', async (name) => {
    await runSwarm(options, async (swarm) => {
      const extensions = () => makeExtensions(firstPartyNames);
      const seed = await swarm.addSeed({ extensions: extensions(), host: slowly });
      const hub = await swarm.addLeech({
        extensions: extensions(),
        host: slowly,
        isMagnet: true,
        connectTo: [seed],
      });
      const other = await swarm.addLeech({ extensions: extensions(), connectTo: [hub] });
      const { session, torrent } = hub;
      await swarm.clock.runUntil(() => torrent.stats.piecesHave >= 3, { timeoutMs: 60_000 });

      await runUntilSettled(swarm, session.removeExtension(name));
      const { downloadedBytes } = torrent.stats;
      await swarm.advance(1500);
      expect(session.stats().plugins[name]).toBeUndefined();
      const isRequired = name === 'closed-network';
      expect(torrent.isPaused).toBe(isRequired);
      expect(torrent.stats.downloadedBytes > downloadedBytes).toBe(!isRequired);
      expect(torrent.peers().length > 0).toBe(!isRequired);
      session.addExtension(makeExtension(name));
      expect([hub.isComplete, torrent.isPaused]).toEqual([false, false]);

      const late = await swarm.addLeech({ extensions: extensions(), isMagnet: true, connectTo: [hub] });
      await swarm.advance(2000);
      expect(late.torrent.pieces(), 'from the hub, the only one it knows').toBeDefined();
      expect(hub.isComplete).toBe(false);
      await addPoisoner(swarm, {
        extensions: extensions(),
        addresses: poisonerAddress,
        connectTo: [hub],
      });
      const members = [seed, hub, other, late];
      await swarm.advance(1000);
      expectEncrypted([hub, late]);
      await swarm.runUntilComplete({ peers: members });
      await swarm.advance(5000);
      expect(bansOf(hub)).toEqual([poisonerAddress]);
      expect(counterOf(late, 'ut_pex.learned')).toBeGreaterThan(0);
      await expectNothingLeft(swarm);
    });
  });
});

describe('an extension that leaves a seed, and comes back, while it serves', { timeout: 60_000 }, () => {
  it.each(firstPartyNames)('%s: who was served gets the rest, and newcomers all', async (name) => {
    await runSwarm(options, async (swarm) => {
      const extensions = () => makeExtensions(firstPartyNames);
      const seed = await swarm.addSeed({ extensions: extensions(), host: slowly });
      const first = await swarm.addLeech({ extensions: extensions(), isMagnet: true, connectTo: [seed] });
      await swarm.clock.runUntil(() => first.torrent.stats.piecesHave >= 3, { timeoutMs: 60_000 });
      await runUntilSettled(swarm, seed.session.removeExtension(name));
      const late = await swarm.addLeech({ extensions: extensions(), isMagnet: true, connectTo: [seed] });
      await swarm.advance(2500);
      expect(seed.session.stats().plugins[name]).toBeUndefined();
      // Metadata comes from the other leech, too, of which the seed tells.
      expect(late.torrent.pieces() === undefined).toBe(name === 'closed-network');
      expect(first.isComplete).toBe(false);
      seed.session.addExtension(makeExtension(name));
      await swarm.runUntilComplete();
      expect(swarm.peers.flatMap(bansOf)).toEqual([]);
      await expectNothingLeft(swarm);
    });
  });
});

const random = new DeterministicSecureRandom('authority');
const authority = createAuthority(random);

function issue(name: string): string {
  return issueMember(
    authority,
    { name, permissions: ['download', 'upload'], notBefore: 0, notAfter: 4e9 },
    random,
  );
}

function certificateOf(member: string): Certificate {
  const description = describeFile(member);
  if (description.kind !== 'member') throw new TypeError('not a member');
  return description.certificate;
}

describe('a state that all have saved', { timeout: 60_000 }, () => {
  const orders: readonly (readonly FirstPartyName[])[] = [firstPartyNames, firstPartyNames.toReversed()];
  it.each(orders.map((order) => [order.join(', '), order] as const))(
    'keeps out whom a member banned, and who was revoked, after a restart with %s',
    async (_order, order) => {
      const members = {
        seed: issue('seed'),
        hub: issue('hub'),
        poisoner: issue('poisoner'),
        former: issue('former'),
      };
      const older = revokeMembers(authority, undefined, []);
      const newer = revokeMembers(authority, older, [certificateOf(members.former).serial]);
      const poisonerPrincipal = principalOf(certificateOf(members.poisoner));
      await runSwarm(options, async (swarm) => {
        const of = (member: string, revoked: string) => makeExtensions(order, { member, revoked });
        const seed = await swarm.addSeed({ extensions: of(members.seed, older), host: slowly });
        const poisoner = await addPoisoner(swarm, { extensions: of(members.poisoner, older) });
        const first = await swarm.addLeech({
          extensions: makeExtensions(firstPartyNames, { member: members.hub, revoked: newer }),
          isMagnet: true,
          connectTo: [seed, poisoner],
        });
        await swarm.runUntilComplete({ peers: [first] });
        await swarm.advance(1000);
        expect(bansOf(first)).toEqual([poisonerPrincipal]);
        const state = first.session.saveState();
        await runUntilSettled(swarm, first.stop());

        const second = await swarm.addLeech({
          extensions: of(members.hub, older),
          addresses: first.host.addresses,
          isMagnet: true,
          state,
          connectTo: [seed],
        });
        expect(bansOf(second)).toEqual([poisonerPrincipal]);
        const former = await swarm.addLeech({ extensions: of(members.former, older), connectTo: [second] });
        swarm.connect(second, poisoner);
        await swarm.runUntilComplete({ peers: [second] });
        expect(second.torrent.stats.hashFailures).toBe(0);
        expect(counterOf(second, 'closed-network.failures')).toBeGreaterThan(0);
        expect(former.torrent.stats.downloadedBytes).toBe(0);
        await expectNothingLeft(swarm);
      });
    },
  );
});
