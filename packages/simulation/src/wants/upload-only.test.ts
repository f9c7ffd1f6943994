import { decode } from '@peerloom/core';
import type { FakePeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';

/** What each extension handshake that a remote has got says of `upload_only`. */
function uploadOnlySaid(remote: FakePeer): unknown[] {
  return remote
    .receivedOf('extended')
    .filter(({ id }) => id === 0)
    .map(({ payload }) => (decode(payload) as Record<string, unknown>).upload_only);
}

describe('that nothing more will be downloaded (BEP 21)', () => {
  it('is said when all that is wanted is there, and taken back when more is wanted', async () => {
    const arena = await Arena.create({ subject: 'half' });
    const remote = await arena.open();
    const missing = Array.from({ length: arena.content.pieceCount }, (_, piece) => piece).filter(
      (piece) => arena.torrent.pieces()?.has(piece) !== true,
    );
    for (const piece of missing) arena.torrent.setPiecePriority(piece, 0);
    await arena.advance(2_000);
    expect(arena.torrent.state).toBe('finished');
    expect(uploadOnlySaid(remote)).toEqual([undefined, 1]);
    arena.torrent.setPiecePriority(missing[0] ?? 0, 4);
    await arena.advance(2_000);
    expect(arena.torrent.state).toBe('downloading');
    expect(uploadOnlySaid(remote)).toEqual([undefined, 1, 0]);
    await arena.end();
  });
});
