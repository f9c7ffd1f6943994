import { createSwarm, FakePeer, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { ClosedNetwork } from '../closed-network.js';
import { secretText } from '../network.fake.js';
import { keyLength } from '../noise/key-pair.js';
import { confirmationsOf, failuresOf } from '../session-record.fake.js';
import { modes, overMs } from './scene.fake.js';

describe('a flood', () => {
  const attempts = 1000;
  /** Meanwhile a member comes after each so many. */
  const attemptsPerMember = 100;

  /** With members alone everybody gets an answer, which has its price: the flood goes that far. */
  function goFurther(fake: FakePeer): void {
    const stop = fake.observe(() => {
      stop();
      fake.sendExtended('pl_auth', new Uint8Array(keyLength).fill(9));
    });
  }

  it.each(
    Object.entries(modes).flatMap(([mode, optionsOf]) =>
      [1000, 10].map((hosts) => [mode, hosts, optionsOf] as const),
    ),
  )(
    '(%s) of 1 000 half-open attempts from %d addresses keeps no member out',
    async (mode, hosts, optionsOf) => {
      const swarm = createSwarm({
        network: { latencyMs: 20 },
        extensions: (name) => [new ClosedNetwork(optionsOf(name))],
      });
      const seed = await swarm.addSeed();
      const networks = Array.from({ length: hosts }, () => swarm.host());
      const fakes: FakePeer[] = [];
      const members: SwarmPeer[] = [];
      const { infoHash } = swarm.content;
      let mostPending = 0;
      for (let i = 0; i < attempts; i++) {
        const network = networks[i % hosts] as (typeof networks)[number];
        const fake = FakePeer.dial(seed.endpoint, { clock: swarm.clock, network, infoHash });
        fake.sendHandshake();
        fake.sendExtensionHandshake({ pl_auth: 1 });
        if (mode === 'members') goFurther(fake);
        fakes.push(fake);
        if (i % attemptsPerMember === attemptsPerMember / 2) {
          members.push(await swarm.addLeech({ connectTo: [seed] }));
        }
        await swarm.advance(10);
        mostPending = Math.max(mostPending, seed.session.stats().pendingIncomingCount);
      }
      expect(mostPending, 'as many as there may be').toBeGreaterThan(40);
      expect(confirmationsOf(seed), 'members that came in meanwhile').toBeGreaterThanOrEqual(
        members.length / 2,
      );
      const answered = fakes.filter((fake) => fake.receivedOf('extended').length > 1);
      expect(answered.length > 0).toBe(mode === 'members');
      await swarm.runUntilComplete({ peers: members, timeoutMs: 180_000 });
      await swarm.advance(overMs);
      expect(fakes.every(({ isClosed }) => isClosed)).toBe(true);
      expect(fakes.every(({ received }) => received.every(({ type }) => type === 'extended'))).toBe(true);
      expect(seed.session.stats().pendingIncomingCount).toBe(0);
      await swarm.stop();
    },
  );

  it('of failures from one address has it refused for a while, before anything is said to it', async () => {
    const swarm = createSwarm({ extensions: () => [new ClosedNetwork({ secret: secretText })] });
    const seed = await swarm.addSeed();
    const network = swarm.host();
    const attempt = async (): Promise<FakePeer> => {
      const fake = swarm.addFakePeer(seed, { network });
      fake.sendHandshake();
      await swarm.advance(50);
      if (!fake.isClosed) fake.sendExtensionHandshake({ ut_other: 1 });
      await fake.expectClosed();
      return fake;
    };
    for (let i = 0; i < 5; i++) expect((await attempt()).receivedBytes).toBeGreaterThan(0);
    for (let i = 0; i < 20; i++) expect((await attempt()).receivedBytes).toBe(0);
    await swarm.advance(60_000);
    expect((await attempt()).receivedBytes).toBeGreaterThan(0);
    await swarm.stop();
  });

  it('of attempts that our own session has ended has no address refused', async () => {
    const swarm = createSwarm({ extensions: () => [new ClosedNetwork({ secret: secretText })] });
    const seed = await swarm.addSeed();
    const network = swarm.host();
    for (let i = 0; i < 10; i++) {
      const fake = swarm.addFakePeer(seed, { network });
      await fake.greet({ pl_auth: 1 });
      seed.torrent.pause();
      await fake.expectClosed();
      seed.torrent.resume();
    }
    expect(failuresOf(seed)).toBe(0);
    await swarm.stop();
  });

  it.each([
    ['closes', (fake: FakePeer) => fake.destroy()],
    ['says nothing', () => {}],
    ['says too much', (fake: FakePeer) => fake.send({ type: 'haveAll' })],
  ])('of attempts of one that %s has its address refused', async (_what, act) => {
    const swarm = createSwarm({ extensions: () => [new ClosedNetwork({ secret: secretText })] });
    const seed = await swarm.addSeed();
    const network = swarm.host();
    for (let round = 0; round < 2; round++) {
      const fakes = Array.from({ length: 3 }, () => swarm.addFakePeer(seed, { network }));
      for (const fake of fakes) await fake.greet({ pl_auth: 1 });
      for (const fake of fakes) act(fake);
      await swarm.advance(round === 0 ? overMs : 10_000);
      expect(seed.torrent.peers()).toEqual([]);
    }
    const late = swarm.addFakePeer(seed, { network });
    late.sendHandshake();
    await late.expectClosed();
    expect(late.receivedBytes).toBe(0);
    await swarm.stop();
  });
});
