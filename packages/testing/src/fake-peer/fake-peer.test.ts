import { endpoint, InfoHash, SeededRandom } from '@peerloom/core';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock/virtual-clock.js';
import { MemoryNetwork } from '../network/memory-network.js';
import { FakePeer, type FakePeerOptions } from './fake-peer.js';
import { FakePeerListener } from './fake-peer-listener.js';

const infoHash = InfoHash.fromHex('00112233445566778899aabbccddeeff00112233');
const content = { data: Uint8Array.from({ length: 100 }, (_, i) => i), pieceLength: 32 };

/** Two fake peers, connected, `near` having dialled. */
async function setUp(nearOptions: Partial<FakePeerOptions> = {}, farOptions: Partial<FakePeerOptions> = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: new SeededRandom(1), maxChunkBytes: 7 });
  const common = { clock, infoHash, timeoutMs: 5000 };
  const listener = await FakePeerListener.listen(endpoint('10.0.0.2', 6881), {
    ...common,
    network: network.host('10.0.0.2'),
    ...farOptions,
  });
  const near = FakePeer.dial(listener.local, {
    ...common,
    network: network.host('10.0.0.1'),
    ...nearOptions,
  });
  const far = await listener.next();
  return { clock, network, listener, near, far };
}

describe('FakePeer', () => {
  it('shakes hands with chosen bits, ids and infohash', async () => {
    const peerId = new Uint8Array(20).fill(7);
    const { near, far } = await setUp({ peerId, reserved: { dht: true } });
    near.sendHandshake();
    expect(await far.expectHandshake()).toEqual({
      reserved: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1),
      infoHash: infoHash.toBytes(),
      peerId,
    });
    const other = new Uint8Array(20).fill(9);
    far.sendHandshake({ infoHash: other });
    expect((await near.expectHandshake()).infoHash).toEqual(other);
    expect(near.remoteHandshake?.reserved).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 4));
    expect(near.remoteHandshake?.peerId).toEqual(far.peerId);
    expect(far.peerId).not.toEqual(near.peerId);
  });

  it('greets with extension handshakes, and sends by the names that they gave', async () => {
    const { near, far } = await setUp();
    await Promise.all([near.greet({ ut_chat: 3 }, { reqq: 7 }), far.greet({ ut_chat: 9, lt_other: 4 })]);
    expect(near.remoteIds).toEqual({ ut_chat: 9, lt_other: 4 });
    near.sendExtended('ut_chat', Uint8Array.of(1, 2));
    expect(await far.expectExtended('ut_chat')).toEqual(Uint8Array.of(1, 2));
    expect(() => near.sendExtended('ut_nothing', Uint8Array.of())).toThrow(/does not take 'ut_nothing'/);
    await expect(far.expectExtended('ut_nothing')).rejects.toThrow(/not in our extension handshake/);
    far.sendExtensionHandshake({ ut_chat: 0 }, { v: 'late' });
    const { m, dict } = await near.expectExtensionHandshake();
    expect(m).toEqual({ ut_chat: 0 });
    expect(Buffer.from(dict.v as Uint8Array).toString()).toBe('late');
    expect(() => near.sendExtended('ut_chat', Uint8Array.of())).toThrow(/does not take/);
  });

  it('greets a peer without BEP 10 by a handshake alone', async () => {
    const { near, far } = await setUp({}, { reserved: {} });
    await Promise.all([near.greet(), far.handshake()]);
    await far.expectNone('extended', 1000);
  });

  it('expects messages in order, passing what comes before, and keeps all', async () => {
    const { near, far } = await setUp();
    await Promise.all([near.handshake(), far.handshake()]);
    near.send({ type: 'have', piece: 1 }, { type: 'have', piece: 2 }, { type: 'choke' });
    expect(await far.expect('have', ({ piece }) => piece === 2)).toEqual({ type: 'have', piece: 2 });
    await expect(far.expect('have', undefined, { timeoutMs: 100 })).rejects.toThrow(
      "fake peer: no 'have'; the connection is open; last received: have, have, choke",
    );
    expect(await far.expect('choke')).toEqual({ type: 'choke' });
    expect(far.received.map(({ type }) => type)).toEqual(['have', 'have', 'choke']);
    expect(far.receivedOf('have').map(({ piece }) => piece)).toEqual([1, 2]);
    expect(far.receivedBytes).toBe(68 + 9 + 9 + 5);
  });

  it('fails at once, with the reason, where the connection closes before what is expected', async () => {
    const { clock, near, far } = await setUp();
    await Promise.all([near.handshake(), far.handshake()]);
    const startMs = clock.now();
    const expecting = far.expect('unchoke');
    near.destroy();
    await expect(expecting).rejects.toThrow(/no 'unchoke'; the connection is closed/);
    expect(clock.now() - startMs).toBeLessThan(100);
    expect(await far.expectClosed()).toBeUndefined();
    expect(await near.expectClosed()).toBeUndefined();
  });

  it('tells of a dial that fails and of a handshake that is none', async () => {
    const { clock, network, near, far } = await setUp();
    const nobody = FakePeer.dial(endpoint('10.0.0.2', 1), {
      clock,
      infoHash,
      network: network.host('10.0.0.1'),
    });
    await expect(nobody.connected()).rejects.toThrow(/NETWORK_REFUSED/);
    await near.connected();
    near.sendBytes(new Uint8Array(68));
    await expect(far.expectHandshake()).rejects.toThrow(/not a handshake/);
  });

  it('notices a message that should not have come', async () => {
    const { near, far } = await setUp();
    await Promise.all([near.handshake(), far.handshake()]);
    await far.expectNone('unchoke', 1000);
    near.send({ type: 'unchoke' });
    await expect(far.expectNone('unchoke', 1000)).rejects.toThrow(/an unwanted 'unchoke'/);
  });

  it('floods', async () => {
    const { near, far } = await setUp();
    await Promise.all([near.handshake(), far.handshake()]);
    near.flood({ type: 'have', piece: 3 }, 1000);
    near.send({ type: 'choke' });
    await far.expect('choke');
    expect(far.receivedOf('have')).toHaveLength(1000);
  });

  it('serves a torrent: bitfield, unchoke, blocks', async () => {
    const { near, far } = await setUp();
    await Promise.all([near.handshake(), far.handshake()]);
    far.serve(content, { pieces: [0, 3] });
    expect((await near.expect('bitfield')).bits).toEqual(Uint8Array.of(0b1001_0000));
    near.send({ type: 'interested' });
    await near.expect('unchoke');
    near.send({ type: 'request', piece: 3, begin: 1, length: 3 });
    expect(await near.expect('piece')).toEqual({
      type: 'piece',
      piece: 3,
      begin: 1,
      bytes: Uint8Array.of(97, 98, 99),
    });
  });

  it('serves with delay, and not what was cancelled meanwhile', async () => {
    const { clock, near, far } = await setUp();
    await Promise.all([near.handshake(), far.handshake()]);
    near.send({ type: 'interested' });
    await far.expect('interested');
    const stop = far.serve(content, { delayMs: 500 });
    await near.expect('unchoke');
    const startMs = clock.now();
    const request = { piece: 0, begin: 0, length: 4 };
    near.send({ type: 'request', ...request }, { type: 'request', ...request, begin: 4 });
    near.send({ type: 'cancel', ...request });
    expect((await near.expect('piece')).begin).toBe(4);
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(500);
    stop();
    near.send({ type: 'request', ...request });
    await near.expectNone('piece', 5000);
  });

  it('serves poisoned blocks, rejects, and silence, and keeps choking', async () => {
    const { near, far } = await setUp();
    await Promise.all([near.handshake(), far.handshake()]);
    far.serve(content, {
      unchokes: false,
      answer: ({ piece }, block) => (piece === 0 ? block.fill(0xee) : piece === 1 ? 'reject' : 'silence'),
    });
    near.send({ type: 'interested' });
    for (const piece of [2, 1, 0]) near.send({ type: 'request', piece, begin: 0, length: 2 });
    expect(await near.expect('reject')).toEqual({ type: 'reject', piece: 1, begin: 0, length: 2 });
    expect((await near.expect('piece')).bytes).toEqual(Uint8Array.of(0xee, 0xee));
    expect(content.data[0]).toBe(0);
    await near.expectNone('unchoke', 1000);
    expect(near.receivedOf('piece')).toHaveLength(1);
  });
});

describe('FakePeerListener', () => {
  it('hands out connections once each, in order, and to a script at once', async () => {
    const { clock, network, near } = await setUp();
    const seen: FakePeer[] = [];
    const listener = await FakePeerListener.listen(
      endpoint('10.0.0.3', 1000),
      { clock, infoHash, network: network.host('10.0.0.3') },
      (peer) => {
        seen.push(peer);
        peer.sendHandshake();
      },
    );
    const dial = (): FakePeer =>
      FakePeer.dial(listener.local, { clock, infoHash, network: network.host('10.0.0.1') });
    await dial().expectHandshake();
    dial();
    expect([await listener.next(), await listener.next()]).toEqual(seen);
    expect(listener.peers).toHaveLength(2);
    await expect(listener.next({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'TESTING_TIMEOUT' });
    await listener.close();
    await expect(dial().connected()).rejects.toThrow(/NETWORK_REFUSED/);
    expect(near.isClosed).toBe(false);
  });
});
