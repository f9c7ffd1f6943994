import { defineMessage, defineTorrentExtension, pluginApiVersion, rawCodec } from '@peerloom/core/plugin';
import { createSwarm, FakePeer, FakePeerListener, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Authentication } from '../authentication/authentication.js';
import { ClosedNetwork } from '../closed-network.js';
import type { ClosedNetworkOptions } from '../closed-network-options.js';
import { otherSecretText, secretText, TestAuthority } from '../network.fake.js';
import { Relay } from './relay.fake.js';
import {
  authenticationLengths,
  confirmationsOf,
  dialThrough,
  failuresOf,
  makeScene,
  modes,
  type Scene,
} from './scene.fake.js';

const modeNames = Object.keys(modes);
const overMs = 12_000;
const keepAlive = new Uint8Array(4);
const have = Uint8Array.of(0, 0, 0, 5, 4, 0, 0, 0, 0);

afterEach(() => void vi.restoreAllMocks());

/** Codes of the remotes that a session has turned away. */
function refusalsOf({ session }: SwarmPeer): string[] {
  const codes: string[] = [];
  session.on('plugin', ({ event, data }) => {
    if (event === 'refused') codes.push(String((data as { code: unknown }).code));
  });
  return codes;
}

/** Codes with which connections of a session have ended. */
function endingsOf({ session }: SwarmPeer): string[] {
  const codes: string[] = [];
  session.on('peerDisconnected', ({ reason }) => codes.push(reason.code));
  return codes;
}

async function expectNobody({ swarm, seed, leech }: Scene): Promise<void> {
  await swarm.advance(overMs);
  expect([confirmationsOf(seed), confirmationsOf(leech)]).toEqual([0, 0]);
  expect([seed.torrent.peers(), leech.torrent.peers()]).toEqual([[], []]);
}

describe.each(modeNames)('with %s', (mode) => {
  it('a recorded session said again gains nothing, to either side', async () => {
    const scene = await makeScene(mode);
    const { swarm, seed, leech } = scene;
    const relay = await dialThrough(scene);
    await swarm.clock.runUntil(() => confirmationsOf(seed) === 1, { timeoutMs: 60_000 });
    await swarm.advance(1000);
    relay.close();
    await swarm.advance(1000);
    const counts = [confirmationsOf(seed), confirmationsOf(leech)];

    const dialler = swarm.addFakePeer(seed);
    dialler.sendBytes(relay.bytesOf('there'));
    await dialler.expectClosed();
    const host = swarm.host();
    const listening = { address: host.addresses[0] ?? '', port: 7000, family: 4 } as const;
    const { infoHash } = swarm.content;
    const listener = await FakePeerListener.listen(listening, {
      clock: swarm.clock,
      network: host,
      infoHash,
    });
    leech.torrent.addPeer(listening);
    const accepted = await listener.next();
    accepted.sendBytes(relay.bytesOf('back'));
    await accepted.expectClosed();
    expect([confirmationsOf(seed), confirmationsOf(leech)]).toEqual(counts);
    await swarm.stop();
  });

  it('a mirror is recognised, and so is a connection to ourselves', async () => {
    const scene = await makeScene(mode);
    const { swarm, leech } = scene;
    const codes = refusalsOf(leech);
    const host = swarm.host();
    const mirror = { address: host.addresses[0] ?? '', port: 7000, family: 4 } as const;
    await host.listen(mirror, (connection) => {
      connection.setHandler({
        onConnect: () => {},
        onData: (chunk) => void connection.write([new Uint8Array(chunk)], () => {}),
        onDrain: () => {},
        onEnd: () => connection.end(),
        onClose: () => {},
      });
    });
    leech.torrent.addPeer(mirror);
    await swarm.advance(overMs);
    expect(codes).toContain('CLOSED_NETWORK_REFLECTED');
    codes.length = 0;
    // The engine itself does not dial its own address; ours is not always known to it.
    leech.torrent.addPeer((await Relay.open(swarm, leech.endpoint)).endpoint);
    await expectNobody(scene);
    expect(codes).toEqual(['CLOSED_NETWORK_REFLECTED']);
    await swarm.stop();
  });

  it('who repeats an ephemeral key that it has seen ends no connection but its own', async () => {
    const scene = await makeScene(mode);
    const { swarm, leech } = scene;
    const relay = await dialThrough(scene);
    await swarm.clock.runUntil(() => relay.bytesOf('there').length > 68 + 40, { timeoutMs: 60_000 });
    await swarm.advance(50);
    const seen = relay.bytesOf('there');
    const stranger = swarm.addFakePeer(leech);
    await stranger.greet({ pl_auth: 1 });
    // The dialler's first message, behind the two handshakes.
    const at = 68 + 4 + new DataView(seen.buffer, seen.byteOffset).getUint32(68) + 4 + 2;
    stranger.sendExtended('pl_auth', seen.slice(at, at + (mode === 'members' ? 32 : 48)));
    await swarm.advance(10);
    expect(relay.isClosed).toBe(false);
    expect(leech.torrent.peers().filter(({ isReady }) => isReady)).toHaveLength(1);
    await swarm.stop();
  });

  it('whoever waits where it should speak, or speaks where it should wait, is turned away', async () => {
    const scene = await makeScene(mode);
    const { swarm, seed, leech } = scene;
    const silent = swarm.addFakePeer(seed);
    await silent.greet({ pl_auth: 1 });
    const startMs = swarm.clock.now();
    await silent.expectClosed();
    expect(swarm.clock.now() - startMs).toBeLessThanOrEqual(10_000);
    expect(silent.received.map(({ type }) => type)).toEqual(['extended']);

    const host = swarm.host();
    const listening = { address: host.addresses[0] ?? '', port: 7000, family: 4 } as const;
    const { infoHash } = swarm.content;
    const listener = await FakePeerListener.listen(listening, {
      clock: swarm.clock,
      network: host,
      infoHash,
    });
    leech.torrent.addPeer(listening);
    const eager = await listener.next();
    await eager.handshake();
    eager.sendExtensionHandshake({ pl_auth: 1 });
    const first = await eager.expectExtended('pl_auth');
    // Its own first message, as if the dialler were the one who is dialled.
    eager.sendExtended(
      'pl_auth',
      first.map((byte) => byte ^ 1),
    );
    await eager.expectClosed();
    await expectNobody(scene);
    await swarm.stop();
  });

  it('who sends a byte a second is not waited for longer than ten seconds', async () => {
    const scene = await makeScene(mode);
    const { swarm, seed } = scene;
    const slow = swarm.addFakePeer(seed);
    await slow.greet({ pl_auth: 1 });
    const startMs = swarm.clock.now();
    const message = Uint8Array.of(0, 0, 0, 50, 20, slow.remoteIds.pl_auth ?? 0, ...new Uint8Array(48));
    for (const byte of message) {
      if (slow.isClosed) break;
      slow.sendBytes(Uint8Array.of(byte));
      await swarm.advance(1000);
    }
    expect(slow.isClosed).toBe(true);
    expect(swarm.clock.now() - startMs).toBeLessThanOrEqual(11_000);
    await expectNobody(scene);
    await swarm.stop();
  });

  it('messages that are too long, or are no messages of an authentication, end it', async () => {
    const { swarm, seed } = await makeScene(mode);
    const long = swarm.addFakePeer(seed);
    await long.greet({ pl_auth: 1 });
    long.sendBytes(Uint8Array.of(0, 0, 0x10, 3, 20, long.remoteIds.pl_auth ?? 0));
    await long.expectClosed({ timeoutMs: 1000 });
    for (const length of [0, 1, 31, 32, 47, 48, 49, 4096]) {
      const fake = swarm.addFakePeer(seed);
      await fake.greet({ pl_auth: 1 });
      fake.sendExtended('pl_auth', new Uint8Array(length).fill(7));
      const isAnswered = mode === 'members' && length === 32;
      await fake.expectClosed({ timeoutMs: isAnswered ? 11_000 : 1000 });
    }
    expect(confirmationsOf(seed)).toBe(0);
    swarm.checkFaults();
    await swarm.stop();
  });

  it('state that is injected before the authentication, or bytes after it, end the connection', async () => {
    const lengthOfHandshake = 68;
    for (const way of ['there', 'back'] as const) {
      const early = await makeScene(mode);
      await dialThrough(early, { inject: { way, at: lengthOfHandshake, bytes: have } });
      await expectNobody(early);
      await early.swarm.stop();
    }
    const scene = await makeScene(mode);
    const { swarm, seed } = scene;
    const endings = endingsOf(seed);
    const at = (await authenticationLengths(mode)).there + 250;
    const late = await dialThrough(scene, { inject: { way: 'there', at, bytes: Uint8Array.of(1) } });
    await swarm.clock.runUntil(() => late.isClosed, { timeoutMs: 300_000 });
    expect(confirmationsOf(seed)).toBe(1);
    expect(endings).toEqual(['PLUGIN_STREAM_AUTHENTICATION']);
    expect(swarm.peers.every((peer) => peer.hasRightData())).toBe(true);
    await swarm.stop();
  });

  it('keep-alives between the plain messages change nothing', async () => {
    const scene = await makeScene(mode);
    await dialThrough(scene, { inject: { way: 'there', at: 68, bytes: keepAlive } });
    await scene.swarm.advance(2000);
    expect([confirmationsOf(scene.seed), confirmationsOf(scene.leech)]).toEqual([1, 1]);
    await scene.swarm.stop();
  });

  it('a fault inside of the authentication closes the connection', async () => {
    const scene = await makeScene(mode, { allowsFaults: true });
    vi.spyOn(Authentication.prototype, 'receive').mockImplementation(() => {
      throw new TypeError('boom');
    });
    await dialThrough(scene);
    await expectNobody(scene);
    expect(scene.seed.faults).toMatchObject([
      { type: 'pluginFault', plugin: 'closed-network', action: 'peerClosed' },
    ]);
    await scene.swarm.stop();
  });
});

describe('both sides must be of the same network, in the same way', () => {
  const authority = new TestAuthority();
  const foreign = new TestAuthority('foreign');
  const member = (): string => authority.member('member');
  const secret = secretText;

  it.each<[string, ClosedNetworkOptions, ClosedNetworkOptions]>([
    ['another secret', { secret }, { secret: otherSecretText }],
    ['members of another authority', { member: member() }, { member: foreign.member('stranger') }],
    ['encryption by one only', { secret }, { secret, encryption: 'none' }],
    ['encryption of members by one only', { member: member() }, { member: member(), encryption: 'none' }],
    ['a secret and members', { secret }, { member: member() }],
    ['a secret, and members with it', { secret }, { secret, member: member() }],
    ['members, and members with a secret', { member: member() }, { secret, member: member() }],
    [
      'members with another secret',
      { secret, member: member() },
      { secret: otherSecretText, member: member() },
    ],
  ])('%s', async (_what, one, other) => {
    for (const [seedOptions, leechOptions] of [
      [one, other],
      [other, one],
    ] as const) {
      const swarm = createSwarm();
      const seed = await swarm.addSeed({ extensions: [new ClosedNetwork(seedOptions)] });
      const leech = await swarm.addLeech({
        extensions: [new ClosedNetwork(leechOptions)],
        connectTo: [seed],
      });
      await expectNobody({ swarm, seed, leech });
      expect(failuresOf(seed) + failuresOf(leech)).toBeGreaterThan(0);
      expect(leech.torrent.stats.downloadedBytes).toBe(0);
      swarm.checkFaults();
      await swarm.stop();
    }
  });
});

describe('a flood', () => {
  /** Attempts that begin and say nothing more, a hundred each second, from few addresses or from many. */
  async function flood(swarm: Swarm, seed: SwarmPeer, hosts: number): Promise<FakePeer[]> {
    const fakes: FakePeer[] = [];
    const networks = Array.from({ length: hosts }, () => swarm.host());
    const { infoHash } = swarm.content;
    for (let i = 0; i < 1000; i++) {
      const network = networks[i % hosts] as (typeof networks)[number];
      const fake = FakePeer.dial(seed.endpoint, { clock: swarm.clock, network, infoHash });
      fake.sendHandshake();
      fakes.push(fake);
      await swarm.advance(10);
    }
    return fakes;
  }

  it.each([1000, 10])('of 1 000 half-open attempts from %d addresses keeps no member out', async (hosts) => {
    const swarm = createSwarm({ extensions: () => [new ClosedNetwork({ secret: secretText })] });
    const seed = await swarm.addSeed();
    const flooding = flood(swarm, seed, hosts);
    const members: SwarmPeer[] = [];
    for (let i = 0; i < 5; i++)
      members.push(
        await swarm.addLeech({
          settings: { peerRetryDelayMs: 1000, maxPeerFailures: 50 },
          connectTo: [seed],
        }),
      );
    const fakes = await flooding;
    await swarm.runUntilComplete({ peers: members, timeoutMs: 60_000 });
    await swarm.advance(overMs);
    expect(fakes.every(({ isClosed }) => isClosed)).toBe(true);
    expect(fakes.every(({ received }) => received.every(({ type }) => type === 'extended'))).toBe(true);
    expect(seed.session.stats().pendingIncomingCount).toBe(0);
    await swarm.stop();
  });

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

describe('others on the same connection', () => {
  const nod = defineMessage<Uint8Array>()('xt_nod', rawCodec, { maxBytes: 8 });
  const late = defineMessage<Uint8Array>()('xt_late', rawCodec, { maxBytes: 8 });

  /** Nods are counted from 0 to this. */
  const lastNod = 19;

  /** Holds, too, until both sides have nodded often enough, and registers another message meanwhile. */
  function otherHolder(wantedNods: number, heard: Set<number>) {
    return defineTorrentExtension({ name: 'other', apiVersion: pluginApiVersion }, () => ({
      newConnection: (peer) => {
        let sent = -1;
        let received = -1;
        const channel = peer.register(nod, ([number = 0]) => {
          heard.add(number);
          received = number;
          release();
        });
        const hold = peer.hold({ reason: 'nod', channels: [channel], deadlineMs: 60_000 });
        const release = (): void => {
          if (sent >= wantedNods && received >= wantedNods) hold.release();
        };
        const speak = (): void => {
          channel.send(Uint8Array.of(++sent));
          release();
          if (sent < lastNod) peer.clock.setTimeout(speak, 200);
        };
        return {
          onExtensionHandshake: () => {
            if (sent >= 0) return;
            peer.clock.setTimeout(() => void peer.register(late, () => {}), 700);
            speak();
          },
        };
      },
    }));
  }

  it.each(modeNames.flatMap((mode) => [0, 7, lastNod].map((nods) => [mode, nods] as const)))(
    '%s: a holder that releases after %d messages, late ones and keep-alives in each freeze',
    async (mode, nods) => {
      const optionsOf = modes[mode] as (name: string) => ClosedNetworkOptions;
      const heard = new Set<number>();
      const swarm = createSwarm({
        // A freeze lasts for a round trip: longer than keep-alives are apart.
        network: { latencyMs: 1300 },
        settings: { keepAliveIntervalMs: 1000 },
        extensions: (name) => [new ClosedNetwork(optionsOf(name)), otherHolder(nods, heard)],
      });
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech();
      swarm.connect(leech, seed);
      await swarm.runUntilComplete();
      expect(heard.size, 'messages of the other holder that came').toBe(lastNod + 1);
      expect([confirmationsOf(seed), confirmationsOf(leech)]).toEqual([1, 1]);
      await swarm.stop();
    },
  );
});
