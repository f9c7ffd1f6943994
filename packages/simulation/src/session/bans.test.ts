import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';

describe('a ban', () => {
  it('keeps a known peer from being dialled again', async () => {
    const arena = await Arena.create();
    const remote = await arena.open({ isOutgoing: true });
    const address = arena.peer.endpoint;
    arena.session.ban({ endpoint: address }, { reason: 'test' });
    await arena.advance(600_000);
    expect(remote.isClosed).toBe(true);
    expect(arena.node.alertsOf('peerConnected')).toHaveLength(1);
    expect(arena.torrent.knownPeers()).toEqual([]);
  });
});
