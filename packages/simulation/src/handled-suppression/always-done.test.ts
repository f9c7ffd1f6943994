import type { PeerContext } from '@peerloom/core/plugin';
import type { FakeMessage } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena, type ArenaOptions } from '../fixtures/arena.js';
import { blockLength, blocksOf, firstBlock } from '../fixtures/blocks.js';
import type { HookId } from '../fixtures/hooks.js';
import { Recorder } from '../fixtures/recorder.js';

const fast = { extensionProtocol: true, fast: true };
const plain = { extensionProtocol: true };

/** An arena with a plugin that says `true` in every one of these hooks. */
async function handling(ids: readonly HookId[], options: ArenaOptions = {}): Promise<[Arena, Recorder]> {
  const alpha = new Recorder('alpha', {
    reactions: Object.fromEntries(ids.map((id) => [id, () => true])),
  });
  return [await Arena.create({ ...options, plugins: [alpha.plugin] }), alpha];
}

describe('what the engine does though a plugin has handled it: flags', () => {
  const flags: readonly (readonly [HookId, FakeMessage[], (peer: PeerContext) => boolean])[] = [
    ['peer.onUnchoke', [{ type: 'unchoke' }], (peer) => !peer.isChokingUs],
    ['peer.onChoke', [{ type: 'unchoke' }, { type: 'choke' }], (peer) => peer.isChokingUs],
    ['peer.onInterested', [{ type: 'interested' }], (peer) => peer.isInterested],
    [
      'peer.onNotInterested',
      [{ type: 'interested' }, { type: 'notInterested' }],
      (peer) => !peer.isInterested,
    ],
  ];

  it.each(flags)('%s', async (id, messages, isSet) => {
    const [arena, alpha] = await handling([id]);
    const remote = await arena.open();
    remote.send(...messages);
    await arena.roundTrip();
    expect(alpha.count(id)).toBe(1);
    expect(isSet(arena.peer)).toBe(true);
    await arena.end();
  });

  it('onChoke: without the fast extension all requests end (BEP 3), with it they stay (BEP 6)', async () => {
    for (const [reserved, left] of [
      [plain, 0],
      [fast, 4],
    ] as const) {
      const [arena] = await handling(['peer.onChoke']);
      const remote = await arena.open({ reserved });
      remote.send({ type: 'bitfield', bits: arena.bits(0, 1, 2, 3) }, { type: 'unchoke' });
      await arena.roundTrip();
      expect(arena.peer.stats.outstandingRequests).toBe(4);
      remote.send({ type: 'choke' });
      await arena.roundTrip();
      expect(arena.peer.stats.outstandingRequests).toBe(left);
      await arena.end();
    }
  });
});

describe('what the engine does though a plugin has handled it: validation', () => {
  const hostile: readonly (readonly [HookId, FakeMessage])[] = [
    ['peer.onHave', { type: 'have', piece: 16 }],
    ['peer.onBitfield', { type: 'bitfield', bits: new Uint8Array(3) }],
    ['peer.onBitfield', { type: 'bitfield', bits: new Uint8Array(1) }],
    ['peer.onAllowedFast', { type: 'allowedFast', piece: 16 }],
    ['peer.onSuggest', { type: 'suggest', piece: 4_000_000_000 }],
  ];

  it.each(hostile)('%s never sees %j', async (id, message) => {
    const [arena, alpha] = await handling([id]);
    const remote = await arena.open();
    remote.send(message);
    await arena.roundTrip();
    expect(alpha.count(id)).toBe(0);
    expect(remote.isClosed).toBe(true);
    expect(arena.disconnects[0]).toMatch(/^protocol WIRE_/);
    await arena.end();
  });

  const needFast: readonly (readonly [HookId, FakeMessage])[] = [
    ['peer.onHaveAll', { type: 'haveAll' }],
    ['peer.onHaveNone', { type: 'haveNone' }],
    ['peer.onAllowedFast', { type: 'allowedFast', piece: 1 }],
    ['peer.onSuggest', { type: 'suggest', piece: 1 }],
    ['peer.onReject', { type: 'reject', ...firstBlock }],
  ];

  it.each(needFast)('%s never sees %j without the fast extension', async (id, message) => {
    const [arena, alpha] = await handling([id]);
    const remote = await arena.open({ reserved: plain });
    remote.send(message);
    await arena.roundTrip();
    expect(alpha.count(id)).toBe(0);
    expect(remote.isClosed).toBe(true);
    await arena.end();
  });

  it('onDontHave never sees a piece that there is not', async () => {
    const [arena, alpha] = await handling(['peer.onDontHave']);
    const remote = await arena.open();
    const id = remote.remoteIds.lt_donthave ?? 0;
    remote.send({ type: 'extended', id, payload: Uint8Array.of(0, 0, 1, 0) });
    await arena.roundTrip();
    expect(alpha.count('peer.onDontHave')).toBe(0);
    expect(remote.isClosed).toBe(true);
    await arena.end();
  });

  it('onReject never sees what was not asked for', async () => {
    const [arena, alpha] = await handling(['peer.onReject']);
    const remote = await arena.open();
    remote.send({ type: 'reject', ...firstBlock });
    await arena.roundTrip();
    expect(alpha.count('peer.onReject')).toBe(0);
    await arena.end();
  });

  it('onPiece never sees what was not asked for', async () => {
    const [arena, alpha] = await handling(['peer.onPiece']);
    const remote = await arena.open();
    remote.send(
      { type: 'haveAll' },
      { type: 'piece', piece: 0, begin: 0, bytes: arena.block(0, 0, blockLength) },
    );
    await arena.roundTrip();
    expect(alpha.count('peer.onPiece')).toBe(0);
    expect(arena.torrent.stats.redundantBytes).toBe(blockLength);
    await arena.end();
  });
});

describe('what the engine does though a plugin has handled it: requests', () => {
  it('onReject: the request is settled, the block open to others; only the back-off is gone', async () => {
    const [arena] = await handling(['peer.onReject']);
    const remote = await arena.open();
    remote.send({ type: 'bitfield', bits: arena.bits(0) }, { type: 'unchoke' });
    await arena.roundTrip();
    const [block = firstBlock] = blocksOf(remote, 'request');
    remote.send({ type: 'reject', ...block });
    await arena.roundTrip();
    expect(arena.peer.stats.outstandingRequests).toBe(1);
    const other = await arena.open();
    other.send({ type: 'bitfield', bits: arena.bits(0) }, { type: 'unchoke' });
    await arena.roundTrip();
    expect(blocksOf(other, 'request')).toContainEqual(block);
    await arena.end();
  });

  it('onPiece: the request is settled, rates and attribution are counted', async () => {
    const [arena] = await handling(['peer.onPiece']);
    const remote = await arena.open();
    remote.serve(arena.content, { pieces: [0] });
    await arena.advance(100);
    const { outstandingRequests, downloadedBytes } = arena.peer.stats;
    expect({ outstandingRequests, downloadedBytes }).toEqual({
      outstandingRequests: 0,
      downloadedBytes: 2 * blockLength,
    });
    expect(arena.torrent.stats).toMatchObject({ piecesHave: 0, blocksWithPlugins: 2 });
    expect(arena.session.stats().plugins.alpha?.blocks).toBe(2);
    expect(arena.session.stats().slotsInUse).toBe(0);
    await arena.end();
  });

  it('onRequest: what plugins have counts against the limit of queued requests', async () => {
    const [arena, alpha] = await handling(['peer.onRequest'], {
      subject: 'seed',
      settings: { maxIncomingRequests: 10 },
    });
    const remote = await arena.open();
    remote.send({ type: 'interested' });
    await arena.roundTrip();
    for (let i = 0; i < 15; i++) {
      remote.send({ type: 'request', piece: i, begin: 0, length: blockLength });
    }
    await arena.roundTrip();
    expect(alpha.count('peer.onRequest')).toBe(10);
    expect(arena.peer.stats.queuedRequests).toBe(10);
    expect(blocksOf(remote, 'reject').map(({ piece }) => piece)).toEqual([10, 11, 12, 13, 14]);
    await arena.end();
  });

  it('onAllowedFast: no more than 64 are kept, and none twice', async () => {
    const [arena] = await handling([], { pieceCount: 128 });
    const remote = await arena.open();
    remote.send({ type: 'haveAll' });
    for (let piece = 0; piece < 128; piece++) remote.send({ type: 'allowedFast', piece });
    remote.serve(arena.content, { unchokes: false });
    await arena.advance(20_000);
    expect(arena.torrent.stats.piecesHave).toBe(64);
    await arena.end();
  });
});
