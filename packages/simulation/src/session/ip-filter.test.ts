import { endpoint, IpFilter } from '@peerloom/core';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';

/** Fake peers are at 10.1.0.1, 10.1.0.2, …; this keeps the first two out. */
const firstTwo = IpFilter.of(['10.1.0.1-10.1.0.2']);

describe('an IP filter', () => {
  it('closes the connections that it meets and forgets the known peers, and says how many', async () => {
    const arena = await Arena.create();
    const filtered = [await arena.open(), await arena.open({ isOutgoing: true })];
    const other = await arena.open();
    arena.torrent.addPeer(endpoint('10.1.0.2', 9_999));
    arena.session.setIpFilter(firstTwo);
    await arena.advance(1_000);
    expect(filtered.map(({ isClosed }) => isClosed)).toEqual([true, true]);
    expect(other.isClosed).toBe(false);
    expect(arena.disconnects).toEqual(['policy PEER_FILTERED', 'policy PEER_FILTERED']);
    expect(arena.node.alertsOf('ipFilterChanged')).toEqual([
      { type: 'ipFilterChanged', rangeCount: 1, disconnectedCount: 2, forgottenCount: 2 },
    ]);
    expect(arena.torrent.knownPeers()).toEqual([]);
    expect(arena.session.ipFilter).toBe(firstTwo);
  });

  it('lets nobody in, and neither dials nor adds anybody', async () => {
    const arena = await Arena.create();
    arena.session.setIpFilter(firstTwo);
    const incoming = await arena.open({ until: 'handshake' });
    expect(incoming.isClosed).toBe(true);
    expect(arena.node.alertsOf('peerBlocked').map(({ code }) => code)).toEqual(['PEER_FILTERED']);
    expect(arena.torrent.addPeer(endpoint('10.1.0.2', 7_000))).toBe(false);
    expect(arena.torrent.addPeer(endpoint('::ffff:10.1.0.2', 7_000))).toBe(false);
    expect(arena.torrent.knownPeers()).toEqual([]);
    await arena.advance(100_000);
    expect(arena.node.alertsOf('peerConnected')).toEqual([]);
  });

  it('meets a connection that was accepted before, when its handshake is there', async () => {
    const arena = await Arena.create();
    const early = await arena.open({ until: 'dialled' });
    await arena.roundTrip();
    arena.session.setIpFilter(firstTwo);
    early.sendHandshake();
    await arena.roundTrip();
    expect(early.isClosed).toBe(true);
    expect(arena.node.alertsOf('peerBlocked').map(({ code }) => code)).toEqual(['PEER_FILTERED']);
  });

  it('is replaced as a whole, and taken away, while the session runs', async () => {
    const arena = await Arena.create();
    arena.session.setIpFilter(IpFilter.of(['10.1.0.0/24']));
    expect((await arena.open({ until: 'handshake' })).isClosed).toBe(true);
    arena.session.setIpFilter(IpFilter.of(['10.1.0.1']));
    expect((await arena.open()).isClosed).toBe(false);
    arena.session.setIpFilter(IpFilter.of(['10.1.0.3']));
    expect((await arena.open({ until: 'handshake' })).isClosed).toBe(true);
    arena.session.setIpFilter(undefined);
    expect((await arena.open()).isClosed).toBe(false);
    expect(arena.session.ipFilter).toBeUndefined();
    expect(arena.node.alertsOf('ipFilterChanged').map(({ rangeCount }) => rangeCount)).toEqual([1, 1, 1, 0]);
  });
});
