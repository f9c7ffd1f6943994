import { endpoint } from '@peerloom/core';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';

describe('the statistics of a session', () => {
  it('count bytes both ways, with and without the protocol, alike for session, torrent and peer', async () => {
    const arena = await Arena.create({ subject: 'seed' });
    const remote = await arena.open();
    remote.send({ type: 'interested' });
    await arena.advance(1500);
    const length = 16_384;
    for (const begin of [0, length]) remote.send({ type: 'request', piece: 1, begin, length });
    await arena.advance(1500);
    const session = arena.session.stats();
    const torrent = arena.torrent.stats;
    const [peer] = arena.torrent.peers();
    expect(session).toMatchObject({ uploadedBytes: 2 * length, downloadedBytes: 0 });
    expect(session.sentBytes).toBe(remote.receivedBytes);
    for (const stats of [torrent, peer, arena.peer.stats]) {
      const { uploadedBytes, sentBytes, receivedBytes } = session;
      expect(stats).toMatchObject({ uploadedBytes, sentBytes, receivedBytes });
    }
    expect(session.sendRate).toBeGreaterThan(session.uploadRate);
    expect(session.receiveRate).toBeGreaterThan(0);
    expect(peer?.sendRate).toBeGreaterThan(peer?.uploadRate ?? 0);
    expect(torrent).toMatchObject({ interestedCount: 1, unchokedCount: 1 });
    expect(session).toMatchObject({ readCacheHits: 1, readCacheMisses: 1, piecesInWriting: 0 });
    expect(session.readCacheSlots).toBeGreaterThan(0);
    await arena.end();
  });

  it('count torrents by state, those paused and those queued, and go on when one is removed', async () => {
    const arena = await Arena.create({ subject: 'magnet' });
    expect(arena.session.stats().torrentsByState).toMatchObject({ downloadingMetadata: 1, seeding: 0 });
    arena.torrent.pause();
    expect(arena.session.stats()).toMatchObject({ pausedTorrentCount: 1, queuedTorrentCount: 0 });
    await arena.session.removeTorrent(arena.infoHash);
    expect(arena.session.stats().torrentsByState).toMatchObject({ downloadingMetadata: 0 });
    await arena.session.stop();
  });

  it('count dials and what became of them, who came in, refusals and disconnects by their code', async () => {
    const arena = await Arena.create({ settings: { dialTimeoutMs: 1000, maxPeerFailures: 1 } });
    await arena.open({ isOutgoing: true });
    arena.torrent.addPeer(endpoint('10.66.0.1', 7000));
    await arena.advance(3000);
    const incoming = await arena.open();
    incoming.send({ type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(1) });
    incoming.sendBytes(Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 99));
    await arena.roundTrip();
    arena.session.ban({ endpoint: endpoint('10.7.7.7', 1) }, { reason: 'test' });
    await arena.open({ network: arena.network.host('10.7.7.7'), until: 'dialled' });
    await arena.roundTrip();
    const stats = arena.session.stats();
    expect(stats).toMatchObject({ dialCount: 2, dialsOpened: 1, incomingCount: 2 });
    expect(stats.disconnects).toEqual({ NETWORK_TIMEOUT: 1, WIRE_MESSAGE_SIZE: 1 });
    expect(Object.values(stats.refusals)).toEqual([1]);
    expect(stats.redundantBytes).toBe(1);
    await arena.end();
  });

  it('count alerts that readers lost, also those of readers that are gone', async () => {
    const arena = await Arena.create();
    const small = arena.session.alerts({ capacity: 1 });
    await arena.open();
    const dropped = arena.session.stats().alertsDropped;
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBe(small.droppedCount);
    small.close();
    await arena.open();
    expect(arena.session.stats().alertsDropped).toBe(dropped);
    await arena.end();
  });
});
