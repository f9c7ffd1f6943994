import type { BlockRequest } from '@peerloom/core/plugin';
import type { FakePeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena, type ArenaOptions, type RemoteOptions } from '../fixtures/arena.js';
import { blockLength, blocksOf, firstBlock } from '../fixtures/blocks.js';
import { type Reaction, Recorder } from '../fixtures/recorder.js';

/** A seed whose plugin does this in onRequest, and a peer that has asked for a block. */
async function asked(
  reaction: Reaction,
  options: ArenaOptions = {},
  remoteOptions: RemoteOptions = {},
): Promise<{ arena: Arena; alpha: Recorder; remote: FakePeer }> {
  const alpha = new Recorder('alpha', { reactions: { 'peer.onRequest': reaction } });
  const arena = await Arena.create({ subject: 'seed', ...options, plugins: [alpha.plugin] });
  const remote = await arena.open(remoteOptions);
  remote.send({ type: 'interested' });
  await arena.roundTrip();
  remote.send({ type: 'request', ...firstBlock });
  await arena.roundTrip();
  return { arena, alpha, remote };
}

const answers = (remote: FakePeer): string[] =>
  remote.received.map(({ type }) => type).filter((type) => type === 'piece' || type === 'reject');

describe('a request that a plugin has handled', () => {
  it('is answered once with a piece, later', async () => {
    const { arena, alpha, remote } = await asked(() => true);
    await arena.advance(30_000);
    expect(answers(remote)).toEqual([]);
    const [peer] = alpha.peers;
    const bytes = new Uint8Array(blockLength).fill(9);
    peer?.send({ type: 'piece', piece: 0, begin: 0, bytes });
    for (const again of [
      () => peer?.send({ type: 'piece', piece: 0, begin: 0, bytes }),
      () => peer?.send({ type: 'reject', ...firstBlock }),
    ]) {
      expect(again).toThrow(expect.objectContaining({ code: 'PLUGIN_MESSAGE_STATE' }));
    }
    await arena.advance(120_000);
    expect(answers(remote)).toEqual(['piece']);
    expect(remote.receivedOf('piece')[0]?.bytes).toEqual(bytes);
    await arena.end();
  });

  it('is answered once with a reject, inside the hook', async () => {
    const { arena, remote } = await asked(({ peer, args: [request] }) => {
      peer?.send({ type: 'reject', ...(request as BlockRequest) });
      return true;
    });
    await arena.advance(120_000);
    expect(answers(remote)).toEqual(['reject']);
    await arena.end();
  });

  it('answered inside the hook is answered, whatever the hook returns', async () => {
    const { arena, remote } = await asked(({ peer }) => {
      peer?.send({ type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(blockLength) });
      return undefined;
    });
    await arena.advance(1000);
    expect(answers(remote)).toEqual(['piece']);
    await arena.end();
  });

  it('is rejected by the engine after 60 s', async () => {
    const { arena, remote } = await asked(() => true);
    await arena.advance(58_000);
    expect(answers(remote)).toEqual([]);
    await arena.advance(3000);
    expect(answers(remote)).toEqual(['reject']);
    await arena.end();
  });

  it('ends silently after 60 s where the peer has no fast extension', async () => {
    const { arena, remote } = await asked(() => true, {}, { reserved: { extensionProtocol: true } });
    await arena.advance(61_000);
    expect(answers(remote)).toEqual([]);
    expect(arena.peer.stats.queuedRequests).toBe(0);
    await arena.end();
  });

  it('is rejected when the plugin leaves', async () => {
    const { arena, remote } = await asked(() => true);
    void arena.session.removeExtension('alpha');
    await arena.roundTrip();
    expect(answers(remote)).toEqual(['reject']);
    expect(arena.peer.stats.queuedRequests).toBe(0);
    await arena.end();
  });

  it('is rejected when we choke the peer', async () => {
    const { arena, remote } = await asked(() => true);
    arena.peer.choke();
    await arena.roundTrip();
    expect(answers(remote)).toEqual(['reject']);
    await arena.end();
  });

  it('is not served where the hook itself chokes the peer', async () => {
    const { arena, remote } = await asked(({ peer }) => {
      peer?.choke();
      return undefined;
    });
    await arena.roundTrip();
    expect(answers(remote)).toEqual(['reject']);
    await arena.end();
  });

  it('ends with a cancel of the peer, and can no longer be answered', async () => {
    const { arena, alpha, remote } = await asked(() => true);
    remote.send({ type: 'cancel', ...firstBlock });
    await arena.roundTrip();
    expect(answers(remote)).toEqual(['reject']);
    expect(() => alpha.peers[0]?.send({ type: 'reject', ...firstBlock })).toThrow(
      expect.objectContaining({ code: 'PLUGIN_MESSAGE_STATE' }),
    );
    await arena.end();
  });

  it('is not ended by another plugin that handled the same request before and leaves', async () => {
    const { arena, alpha, remote } = await asked(({ peer }) => {
      peer?.send({ type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(blockLength) });
      return true;
    });
    alpha.reactions['peer.onRequest'] = () => true;
    remote.send({ type: 'request', ...firstBlock });
    await arena.roundTrip();
    alpha.peers[0]?.send({ type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(blockLength) });
    alpha.reactions['peer.onRequest'] = () => undefined;
    arena.session.addExtension(new Recorder('beta', { reactions: { 'peer.onRequest': () => true } }).plugin);
    remote.send({ type: 'request', ...firstBlock });
    await arena.roundTrip();
    void arena.session.removeExtension('alpha');
    await arena.roundTrip();
    expect(answers(remote)).toEqual(['piece', 'piece']);
    await arena.end();
  });

  it('onCancel handled: the request stays, and is still answered', async () => {
    const { arena, alpha, remote } = await asked(() => true);
    alpha.reactions['peer.onCancel'] = () => true;
    remote.send({ type: 'cancel', ...firstBlock });
    await arena.roundTrip();
    expect(alpha.count('peer.onCancel')).toBe(1);
    expect(answers(remote)).toEqual([]);
    await arena.advance(61_000);
    expect(answers(remote)).toEqual(['reject']);
    await arena.end();
  });
});

describe("a plugin's own request", () => {
  it('counts as outstanding, and its block is committed like any other', async () => {
    const request = { piece: 4, begin: blockLength, length: blockLength };
    const outstanding: (number | undefined)[] = [];
    const alpha = new Recorder('alpha', {
      reactions: {
        'peer.onUnchoke': ({ peer }) => {
          peer?.send({ type: 'request', ...request });
          outstanding.push(peer?.stats.outstandingRequests);
          return true;
        },
      },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open();
    remote.send({ type: 'haveAll' }, { type: 'unchoke' });
    await arena.roundTrip();
    expect(outstanding).toEqual([1]);
    expect(blocksOf(remote, 'request')).toEqual([request]);
    remote.send({
      type: 'piece',
      piece: 4,
      begin: blockLength,
      bytes: arena.block(4, blockLength, blockLength),
    });
    await arena.roundTrip();
    expect(alpha.torrents[0]?.pieceSources(4)).toMatchObject([{ block: 1 }]);
    expect(arena.torrent.stats.redundantBytes).toBe(0);
    await arena.end();
  });

  it.each([
    ['no such piece', { piece: 16, begin: 0, length: blockLength }, 'PLUGIN_MESSAGE_INVALID'],
    ['not a block', { piece: 0, begin: 5, length: blockLength }, 'PLUGIN_MESSAGE_INVALID'],
    ['not the length of the block', { piece: 0, begin: 0, length: 100 }, 'PLUGIN_MESSAGE_INVALID'],
    ['a piece that the peer lacks', { piece: 9, begin: 0, length: blockLength }, 'PLUGIN_MESSAGE_INVALID'],
    ['while choked', { piece: 3, begin: 0, length: blockLength }, 'PLUGIN_MESSAGE_STATE'],
  ])('passes the same validation: %s', async (_what, request, code) => {
    const alpha = new Recorder('alpha');
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open();
    remote.send({ type: 'bitfield', bits: arena.bits(0, 3) });
    await arena.roundTrip();
    expect(() => alpha.peers[0]?.send({ type: 'request', ...request })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(blocksOf(remote, 'request')).toEqual([]);
    await arena.end();
  });
});
