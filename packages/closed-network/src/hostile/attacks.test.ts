import { afterEach, describe, expect, it, vi } from 'vitest';
import { Authentication } from '../authentication/authentication.js';
import { confirmationsOf, endingsOf, refusalsOf } from '../session-record.fake.js';
import { Relay, type Way } from './relay.fake.js';
import {
  authenticationLengths,
  dialThrough,
  expectNobody,
  listenElsewhere,
  makeScene,
  modes,
  overMs,
} from './scene.fake.js';

const ways: readonly Way[] = ['there', 'back'];
const keepAlive = new Uint8Array(4);
const have = Uint8Array.of(0, 0, 0, 5, 4, 0, 0, 0, 0);

afterEach(() => void vi.restoreAllMocks());

describe.each(Object.keys(modes))('with %s', (mode) => {
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
    const listener = await listenElsewhere(swarm);
    leech.torrent.addPeer(listener.local);
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

    const listener = await listenElsewhere(swarm);
    leech.torrent.addPeer(listener.local);
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

  it.each(ways)('state that is injected on the way %s before the authentication ends it', async (way) => {
    const lengthOfHandshake = 68;
    const scene = await makeScene(mode);
    await dialThrough(scene, { inject: { way, at: lengthOfHandshake, bytes: have } });
    await expectNobody(scene);
    await scene.swarm.stop();
  });

  it.each(
    ways.flatMap((way) => [
      [way, 'puts in a byte', (at: number) => ({ inject: { way, at, bytes: Uint8Array.of(1) } })] as const,
      [way, 'flips a bit', (at: number) => ({ flip: { way, bit: at * 8 } })] as const,
    ]),
  )('who, on the way %s, %s after the authentication ends the connection', async (way, _what, tamper) => {
    const scene = await makeScene(mode);
    const { swarm, seed, leech } = scene;
    const receiver = way === 'there' ? seed : leech;
    const endings = endingsOf(receiver);
    const at = (await authenticationLengths(mode))[way] + 250;
    const relay = await dialThrough(scene, tamper(at));
    await swarm.clock.runUntil(() => relay.isClosed, { timeoutMs: 300_000 });
    expect(confirmationsOf(receiver)).toBe(1);
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

  it.each(['start', 'receive'] as const)(
    'a fault inside of the authentication, in %s, closes the connection',
    async (method) => {
      const scene = await makeScene(mode, { allowsFaults: true });
      vi.spyOn(Authentication.prototype, method).mockImplementation(() => {
        throw new TypeError('boom');
      });
      await dialThrough(scene);
      await expectNobody(scene);
      const { seed, leech } = scene;
      expect((method === 'start' ? leech : seed).faults).toMatchObject([
        { type: 'pluginFault', plugin: 'closed-network', action: 'peerClosed' },
      ]);
      await scene.swarm.stop();
    },
  );
});
