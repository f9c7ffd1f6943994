import { endpoint, type Settings } from '@peerloom/core';
import { defineTorrentExtension, pluginApiVersion } from '@peerloom/core/plugin';
import { type FakePeer, makeTestTorrent } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';

const stillOpen = (remotes: readonly FakePeer[]): number =>
  remotes.filter(({ isClosed }) => !isClosed).length;

async function openMany(arena: Arena, count: number): Promise<FakePeer[]> {
  const remotes: FakePeer[] = [];
  for (let i = 0; i < count; i++) remotes.push(await arena.open());
  return remotes;
}

/** Keeps connections from being silent while time passes. */
async function passTime(arena: Arena, remotes: readonly FakePeer[], ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 60_000) {
    for (const remote of remotes) if (!remote.isClosed) remote.send({ type: 'keepAlive' });
    await arena.advance(Math.min(60_000, ms - passed));
  }
}

/** Endpoints where fake peers wait to be dialled, and how often each was. */
async function listeners(arena: Arena, count: number, prefix = '10.6.0') {
  const dials: number[] = [];
  const endpoints = [];
  for (let i = 0; i < count; i++) {
    const network = arena.network.host(`${prefix}.${i + 1}`);
    const local = endpoint(`${prefix}.${i + 1}`, 7000);
    dials.push(0);
    await network.listen(local, (connection) => {
      dials[i] = (dials[i] ?? 0) + 1;
      connection.setHandler({ onConnect() {}, onData() {}, onDrain() {}, onEnd() {}, onClose() {} });
    });
    endpoints.push(local);
  }
  return { dials, endpoints };
}

describe('connections', () => {
  it.each<[string, Partial<Settings>]>([
    ['of a session', { maxConnections: 5 }],
    ['of a torrent', { maxConnectionsPerTorrent: 5 }],
  ])('%s are as many as may be: one more is refused until one has gone', async (_what, settings) => {
    const arena = await Arena.create({ settings });
    const remotes = await openMany(arena, 5);
    expect(stillOpen(remotes)).toBe(5);
    const sixth = await arena.open();
    expect(sixth.isClosed).toBe(true);
    expect(arena.node.alertsOf('peerBlocked').map(({ code }) => code)).toEqual(['PEER_TOO_MANY']);
    remotes[0]?.destroy();
    await arena.roundTrip();
    expect((await arena.open()).isClosed).toBe(false);
    const { dials, endpoints } = await listeners(arena, 1);
    for (const local of endpoints) arena.torrent.addPeer(local);
    await arena.advance(5_000);
    expect(dials).toEqual([0]);
    remotes[1]?.destroy();
    await arena.advance(1_000);
    expect(dials).toEqual([1]);
    await arena.end();
  });

  it('from one address may be several, or one where that is set', async () => {
    for (const allowMultipleConnectionsPerIp of [true, false]) {
      const arena = await Arena.create({ settings: { allowMultipleConnectionsPerIp } });
      const network = arena.network.host('10.8.0.1');
      const first = await arena.open({ network });
      const second = await arena.open({ network });
      expect([first.isClosed, second.isClosed]).toEqual([false, !allowMultipleConnectionsPerIp]);
      await arena.end();
    }
  });

  it('to the same peer are one, whichever address it comes from, and to ourselves none', async () => {
    const arena = await Arena.create();
    const peerId = new Uint8Array(20).fill(0x41);
    const first = await arena.open({ peerId });
    const second = await arena.open({ peerId });
    expect([first.isClosed, second.isClosed]).toEqual([false, true]);
    const mirror = await arena.open({ peerId: arena.session.peerId });
    expect(mirror.isClosed).toBe(true);
    expect(arena.disconnects).toEqual(['policy PEER_DUPLICATE', 'policy PEER_SELF']);
    await arena.end();
  });

  it('end after two minutes of silence, and not while keep-alives come; ours go out in time', async () => {
    const arena = await Arena.create();
    const [silent, alive] = [await arena.open(), await arena.open()];
    for (const remote of [silent, alive]) remote.send({ type: 'keepAlive' });
    await arena.advance(60_000);
    alive.send({ type: 'keepAlive' });
    await arena.advance(58_000);
    expect(stillOpen([silent, alive])).toBe(2);
    expect(silent.receivedOf('keepAlive')).toHaveLength(1);
    await arena.advance(4_000);
    expect([silent.isClosed, alive.isClosed]).toEqual([true, false]);
    expect(arena.disconnects).toEqual(['policy PEER_INACTIVE']);
    await arena.end();
  });

  it('are not ended for silence, nor to make room, where an extension objects', async () => {
    const asked: string[] = [];
    const keeper = defineTorrentExtension({ name: 'keeper', apiVersion: pluginApiVersion }, () => ({
      newConnection: () => ({
        canDisconnect: ({ code }) => {
          asked.push(code);
          return false;
        },
      }),
    }));
    const settings = {
      maxConnectionsPerTorrent: 2,
      peerTurnoverIntervalMs: 70_000,
      inactivityTimeoutMs: 200_000,
    };
    const arena = await Arena.create({ plugins: [keeper], settings });
    const remotes = await openMany(arena, 2);
    await arena.open();
    await arena.advance(210_000);
    expect(new Set(asked)).toEqual(new Set(['PEER_TURNOVER', 'PEER_INACTIVE']));
    expect(stillOpen(remotes)).toBe(2);
    await arena.end();
  });
});

describe('where connections are full', () => {
  const settings = { maxConnectionsPerTorrent: 10, inactivityTimeoutMs: 3_600_000 };

  it('the one of least use gives way after five minutes, where somebody else waits', async () => {
    const arena = await Arena.create({ settings, pieceCount: 512 });
    const remotes = await openMany(arena, 9);
    // Nine have what we want and do not give it; the last one has nothing.
    for (const remote of remotes) remote.send({ type: 'haveAll' });
    const useless = await arena.open();
    const { dials, endpoints } = await listeners(arena, 1);
    for (const local of endpoints) arena.torrent.addPeer(local);
    await passTime(arena, remotes, 295_000);
    expect([stillOpen(remotes), useless.isClosed, dials]).toEqual([9, false, [0]]);
    await passTime(arena, remotes, 20_000);
    expect([stillOpen(remotes), useless.isClosed]).toEqual([9, true]);
    expect(arena.disconnects[0]).toBe('policy PEER_TURNOVER');
    expect(dials).toEqual([1]);
    await arena.end();
  });

  it('all stay where nobody waits', async () => {
    const arena = await Arena.create({ settings });
    const remotes = await openMany(arena, 10);
    await passTime(arena, remotes, 700_000);
    expect(stillOpen(remotes)).toBe(10);
    await arena.end();
  });

  it('a session makes room for the torrent that has none, from the one that has most', async () => {
    const arena = await Arena.create({ settings: { maxConnections: 8, inactivityTimeoutMs: 3_600_000 } });
    const remotes = await openMany(arena, 8);
    const other = makeTestTorrent({ seed: 'other', name: 'other', lengthBytes: 64 * 1024 });
    const { dials, endpoints } = await listeners(arena, 1);
    arena.session.addTorrent({ torrent: other.metainfo, peers: endpoints });
    await arena.advance(10_000);
    expect(dials).toEqual([0]);
    await passTime(arena, remotes, 310_000);
    expect(dials).toEqual([1]);
    expect(stillOpen(remotes)).toBe(7);
    await arena.end();
  });
});

describe('dials', () => {
  it('are shared: each of the torrents gets its turn', async () => {
    const settings = {
      connectionSpeed: 6,
      torrentConnectBoost: 0,
      maxHalfOpen: 100,
      maxActiveDownloads: 10,
    };
    const arena = await Arena.create({ settings });
    const perTorrent: number[][] = [];
    for (let t = 0; t < 3; t++) {
      const content = makeTestTorrent({ seed: `t${t}`, name: `t${t}`, lengthBytes: 32 * 1024 });
      const { dials, endpoints } = await listeners(arena, 20, `10.6.${t}`);
      perTorrent.push(dials);
      arena.session.addTorrent({ torrent: content.metainfo, peers: endpoints });
    }
    await arena.advance(2_100);
    const counts = perTorrent.map((dials) => dials.reduce((sum, count) => sum + count, 0));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(12);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    await arena.end();
  });

  it('of a new torrent are begun at once, and no more than may be half open', async () => {
    const settings = { connectionSpeed: 1, torrentConnectBoost: 30, maxHalfOpen: 20, dialTimeoutMs: 60_000 };
    const arena = await Arena.create({ settings });
    for (let i = 1; i <= 40; i++) {
      // Behind a translator: dials to it never end by themselves.
      arena.network.host(`10.6.1.${i}`, { isReachable: false });
      arena.torrent.addPeer(endpoint(`10.6.1.${i}`, 7000));
    }
    await arena.advance(100);
    expect(arena.session.stats().peerCount).toBe(20);
    await arena.advance(30_000);
    expect(arena.session.stats().peerCount).toBe(20);
    await arena.end();
  });

  it('have a budget of their own: unfinished incoming connections do not keep them from peers', async () => {
    const arena = await Arena.create({ settings: { handshakeTimeoutMs: 300_000 } });
    for (let i = 0; i < 64; i++) await arena.open({ until: 'dialled' });
    await arena.advance(100);
    expect(arena.session.stats().pendingIncomingCount).toBe(48);
    const outgoing = await arena.open({ isOutgoing: true });
    await arena.roundTrip();
    expect(outgoing.isClosed).toBe(false);
    expect(arena.peer.isOutgoing).toBe(true);
    await arena.end();
  });

  it('of a seed go to nobody who is known to be one', async () => {
    const arena = await Arena.create({ subject: 'seed' });
    const { dials, endpoints } = await listeners(arena, 2);
    for (const [index, local] of endpoints.entries()) {
      arena.context.addPeer(local, 'tracker', { isSeed: index === 0 });
    }
    await arena.advance(5_000);
    expect(dials).toEqual([0, 1]);
    await arena.end();
  });
});

describe('two that have nothing to give to each other', () => {
  it('part: both have everything, or will take nothing more (BEP 21)', async () => {
    const arena = await Arena.create({ subject: 'seed' });
    const seed = await arena.open();
    seed.send({ type: 'haveAll' });
    await arena.roundTrip();
    const partial = await arena.open({ until: 'handshake' });
    partial.sendExtensionHandshake({}, { upload_only: 1 });
    await arena.roundTrip();
    expect([seed.isClosed, partial.isClosed]).toEqual([true, true]);
    expect(arena.disconnects).toEqual(['policy PEER_BOTH_SEEDS', 'policy PEER_BOTH_SEEDS']);
    await arena.end();
  });

  it('part when a leech has got all that one who only uploads has, and not before', async () => {
    const arena = await Arena.create({ pieceCount: 4 });
    const partial = await arena.open({ until: 'handshake' });
    partial.sendExtensionHandshake({}, { upload_only: 1 });
    await arena.roundTrip();
    expect(partial.isClosed).toBe(false);
    partial.serve(arena.content, { pieces: [0, 1] });
    await arena.runUntil(() => partial.isClosed, 'the end');
    expect(arena.torrent.stats.piecesHave).toBe(2);
    expect(arena.disconnects).toEqual(['policy PEER_UNINTERESTING']);
    await arena.end();
  });
});
