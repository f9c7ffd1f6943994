import { bytesToHex } from '@peerloom/core/plugin';
import { createSwarm, type FakePeer, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { ClosedNetwork } from './closed-network.js';
import { dialThrough, makeScene, modes } from './hostile/scene.fake.js';
import { secretText } from './network.fake.js';

/** Names of messages that a real client says it knows, and what it says of itself. */
const usual = { ut_metadata: 2, ut_pex: 1, lt_donthave: 7 };
const goneMs = 11_000;

async function closedSwarm(): Promise<{ swarm: Swarm; seed: SwarmPeer }> {
  const swarm = createSwarm({ extensions: () => [new ClosedNetwork({ secret: secretText })] });
  const seed = await swarm.addSeed();
  await swarm.addLeech({ connectTo: [seed] });
  await swarm.advance(2000);
  return { swarm, seed };
}

/** Checks that a stranger has learnt what the README says, and no more. */
function expectLearntNothing(stranger: FakePeer): void {
  expect(stranger.isClosed).toBe(true);
  expect(stranger.received.map(({ type }) => type)).toEqual(
    stranger.received.length === 0 ? [] : ['extended'],
  );
  const [handshake] = stranger.receivedOf('extended');
  const text = Buffer.from(handshake?.payload ?? []).toString('latin1');
  if (handshake !== undefined) expect(text).toMatch(/^d1:md7:pl_authi\d+eee$/);
}

describe('a stranger', () => {
  it('is gone at once where it says that it cannot prove who it is, having learnt nothing', async () => {
    const { swarm, seed } = await closedSwarm();
    const stranger = swarm.addFakePeer(seed);
    await stranger.greet(usual, { v: 'Stranger 1.0', metadata_size: 1000, reqq: 500, p: 6881 });
    stranger.send({ type: 'interested' });
    await stranger.expectClosed({ timeoutMs: 1000 });
    expectLearntNothing(stranger);
    await swarm.stop();
  });

  it.each([
    ['says nothing', () => {}],
    ['pretends to know how', (fake: FakePeer) => fake.sendExtensionHandshake({ ...usual, pl_auth: 9 })],
    ['wants blocks', (fake: FakePeer) => fake.send({ type: 'request', piece: 0, begin: 0, length: 16_384 })],
    ['says what it has', (fake: FakePeer) => fake.send({ type: 'haveAll' })],
    ['is interested', (fake: FakePeer) => fake.send({ type: 'interested' })],
    [
      'exchanges peers unasked',
      (fake: FakePeer) => fake.send({ type: 'extended', id: 1, payload: Buffer.from('de') }),
    ],
    [
      'asks for metadata',
      (fake: FakePeer) =>
        fake.send({ type: 'extended', id: 2, payload: Buffer.from('d8:msg_typei0e5:piecei0ee') }),
    ],
    ['keeps itself alive', (fake: FakePeer) => fake.send({ type: 'keepAlive' })],
  ])('that %s is gone in ten seconds, having learnt nothing', async (_what, act) => {
    const { swarm, seed } = await closedSwarm();
    const stranger = swarm.addFakePeer(seed);
    await stranger.handshake();
    act(stranger);
    await stranger.expectClosed({ timeoutMs: goneMs });
    expectLearntNothing(stranger);
    await swarm.runUntilComplete();
    await swarm.stop();
  });

  it('without the extension protocol gets a handshake and nothing else', async () => {
    const { swarm, seed } = await closedSwarm();
    const stranger = swarm.addFakePeer(seed, { reserved: { fast: true } });
    await stranger.handshake();
    await stranger.expectClosed({ timeoutMs: 1000 });
    expectLearntNothing(stranger);
    expect(stranger.received).toEqual([]);
    await swarm.stop();
  });

  it('sees another peer id each time, which names no client', async () => {
    const { swarm, seed } = await closedSwarm();
    const ids = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const { peerId } = await swarm.addFakePeer(seed).handshake();
      expect(bytesToHex(peerId)).not.toBe(bytesToHex(seed.session.peerId));
      expect(Buffer.from(peerId).toString('latin1')).not.toMatch(/^-\w\w\w\w\w\w-/);
      ids.add(bytesToHex(peerId));
    }
    expect(ids.size).toBe(4);
    await swarm.stop();
  });
});

describe.each(Object.keys(modes))('who has recorded all of a session with %s', (mode) => {
  it('finds no content, name, secret or client in it', async () => {
    const scene = await makeScene(mode, {
      settings: { clientName: 'Peerloom client name', maxPeerFailures: 1 },
      torrent: { name: 'the name of the content', lengthBytes: 200_000 },
    });
    const { swarm, leech } = scene;
    const relay = await dialThrough(scene);
    await swarm.runUntilComplete();
    await swarm.advance(5000);
    const { data, metainfo } = swarm.content;
    for (const way of ['there', 'back'] as const) {
      const wire = Buffer.from(relay.bytesOf(way));
      for (let at = 0; at + 12 <= data.length; at += 1021) {
        expect(wire.includes(Buffer.from(data.subarray(at, at + 12))), `content at ${at}`).toBe(false);
      }
      const texts = [
        'the name of the content',
        'Peerloom',
        secretText.trim(),
        'leech',
        'seed',
        'reqq',
        'lt_donthave',
      ];
      for (const text of texts) expect(wire.includes(text), text).toBe(false);
      expect(wire.includes(Buffer.from(secretText, 'base64'))).toBe(false);
      expect(wire.includes(Buffer.from(metainfo.info.raw.subarray(0, 12)))).toBe(false);
    }
    expect(relay.bytesOf('back').length).toBeGreaterThan(160_000);
    expect(leech.torrent.state).toBe('seeding');
    await swarm.stop();
  });
});
