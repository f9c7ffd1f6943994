import type { BlockRequest, DiskBufferHolder, TorrentContext } from '@peerloom/core/plugin';
import type { FakePeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { blockLength, blocksOf, blocksOfPieces } from '../fixtures/blocks.js';
import { type HookCall, Recorder } from '../fixtures/recorder.js';

/** One block that a plugin has taken. */
interface Taken {
  readonly request: BlockRequest;
  readonly bytes: Uint8Array | undefined;
}

/** How a plugin gets hold of blocks. */
const ways = {
  'onPiece, released': 'peer.onPiece',
  'onPiece, only handled': 'peer.onPiece',
  writeRequest: 'peer.writeRequest',
} as const;

type Way = keyof typeof ways;

interface Scene {
  readonly arena: Arena;
  readonly alpha: Recorder;
  readonly remote: FakePeer;
  readonly taken: Taken[];
  readonly torrent: TorrentContext;
}

/** A leech with a peer that has piece 0; its two blocks go to a plugin, once. */
async function scene(way: Way): Promise<Scene> {
  const taken: Taken[] = [];
  const take = ({ args: [request, holder] }: HookCall): boolean => {
    if (taken.length === 2) return false;
    const bytes = way === 'onPiece, released' ? (holder as DiskBufferHolder).release() : undefined;
    taken.push({ request: request as BlockRequest, bytes });
    return true;
  };
  const alpha = new Recorder('alpha', { reactions: { [ways[way]]: take } });
  const arena = await Arena.create({ plugins: [alpha.plugin] });
  const remote = await arena.open();
  remote.serve(arena.content, { pieces: [0] });
  await arena.advance(100);
  expect(taken.map(({ request }) => request)).toEqual(expect.arrayContaining(blocksOfPieces(0)));
  expect(arena.torrent.stats.blocksWithPlugins).toBe(2);
  const torrent = alpha.torrents[0];
  if (torrent === undefined) throw new TypeError('no torrent was seen');
  return { arena, alpha, remote, taken, torrent };
}

function isComplete(arena: Arena): boolean {
  return arena.torrent.pieces()?.has(0) === true;
}

/** Hands back what a plugin still has, so that nothing counts as leaked. */
function free({ alpha, taken }: Scene): void {
  for (const { bytes } of taken) if (bytes !== undefined) alpha.session.freeDiskBuffer(bytes);
}

const allWays = Object.keys(ways) as Way[];

describe.each(allWays)('a block that is with a plugin (%s)', (way) => {
  it('is asked for from nobody, though others have it', async () => {
    const at = await scene(way);
    const other = await at.arena.open();
    other.serve(at.arena.content, { pieces: [0] });
    await at.arena.advance(50_000);
    expect(blocksOf(other, 'request')).toEqual([]);
    expect(at.arena.torrent.stats.blocksWithPlugins).toBe(2);
    free(at);
    await at.arena.end();
  });

  it('ends by deliverBlock, attributed to the peer it came from', async () => {
    const at = await scene(way);
    const { arena, alpha, taken, torrent } = at;
    for (const { request, bytes } of taken) {
      expect(torrent.deliverBlock(request, bytes ?? arena.block(0, request.begin, blockLength))).toBe(true);
      expect(torrent.deliverBlock(request, new Uint8Array(blockLength)), 'twice').toBe(false);
      if (taken[0]?.request === request) {
        expect(torrent.pieceSources(0)).toMatchObject([
          { block: request.begin / blockLength, peer: { connectionId: arena.peer.connectionId } },
        ]);
      }
    }
    await arena.advance(10);
    expect(isComplete(arena)).toBe(true);
    expect(alpha.of('peer.onPiecePass').map(({ args }) => args)).toEqual([[0]]);
    expect(arena.session.stats().plugins.alpha).toBeUndefined();
    await arena.end();
  });

  it('delivered with wrong bytes: the piece fails, and the peer it came from is named', async () => {
    const at = await scene(way);
    const { arena, alpha, taken, torrent } = at;
    for (const { request } of taken) torrent.deliverBlock(request, new Uint8Array(blockLength));
    await arena.advance(10);
    expect(alpha.of('peer.onPieceFailed').map(({ args }) => args)).toEqual([[0]]);
    await arena.advance(59_000);
    expect(isComplete(arena), 'that peer is not asked at once').toBe(false);
    await arena.advance(2500);
    expect(isComplete(arena), 'got again, from the peer itself').toBe(true);
    free(at);
    await arena.end();
  });

  it('is delivered at its own length only', async () => {
    const at = await scene(way);
    const { arena, taken, torrent } = at;
    for (const { request } of taken) {
      for (const length of [0, 5, blockLength - 1, blockLength + 1]) {
        const bytes = new Uint8Array(length);
        expect(() => torrent.deliverBlock(request, bytes)).toThrow(/./);
        expect(() => torrent.deliverBlock({ ...request, length }, bytes)).toThrow(/./);
      }
    }
    expect(arena.torrent.stats.blocksWithPlugins).toBe(2);
    free(at);
    await arena.end();
  });

  it('ends by abandonBlock: that peer is not asked for 60 s, others are at once, and it goes on', async () => {
    const at = await scene(way);
    const { arena, remote, taken, torrent } = at;
    const before = blocksOf(remote, 'request').length;
    for (const { request } of taken) {
      expect(torrent.abandonBlock(request)).toBe(true);
      expect(torrent.abandonBlock(request)).toBe(false);
    }
    await arena.advance(59_000);
    expect(blocksOf(remote, 'request')).toHaveLength(before);
    expect(isComplete(arena)).toBe(false);
    await arena.advance(2500);
    expect(isComplete(arena), 'asked again after 60 s').toBe(true);
    free(at);
    await arena.end();
  });

  it('abandoned: another peer that has it is asked', async () => {
    const at = await scene(way);
    const { arena, taken, torrent } = at;
    const other = await arena.open();
    other.serve(arena.content, { pieces: [0] });
    await arena.roundTrip();
    for (const { request } of taken) torrent.abandonBlock(request);
    await arena.advance(100);
    expect(isComplete(arena)).toBe(true);
    expect(blocksOf(other, 'request')).toHaveLength(2);
    free(at);
    await arena.end();
  });

  it('ends by its deadline of 60 s', async () => {
    const at = await scene(way);
    const { arena, taken, torrent } = at;
    await arena.advance(58_000);
    expect(arena.torrent.stats.blocksWithPlugins).toBe(2);
    await arena.advance(3000);
    expect(arena.torrent.stats.blocksWithPlugins).toBe(0);
    for (const { request } of taken) expect(torrent.abandonBlock(request)).toBe(false);
    free(at);
    await arena.end();
  });

  it('ends where the plugin leaves', async () => {
    const at = await scene(way);
    const { arena, taken, torrent } = at;
    free(at);
    void arena.session.removeExtension('alpha');
    await arena.advance(1);
    expect(arena.torrent.stats.blocksWithPlugins).toBe(0);
    expect(arena.session.stats().plugins.alpha).toBeUndefined();
    const [first] = taken;
    if (first) {
      expect(() => torrent.deliverBlock(first.request, arena.block(0, 0, blockLength))).toThrow(
        expect.objectContaining({ code: 'PLUGIN_CONTEXT_CLOSED' }),
      );
    }
    await arena.finishSubject();
    await arena.end();
  });

  it('survives its peer, and is still attributed to it', async () => {
    const at = await scene(way);
    const { arena, remote, taken, torrent } = at;
    const { connectionId } = arena.peer;
    remote.destroy();
    await arena.roundTrip();
    const [first, second] = taken;
    if (first === undefined || second === undefined) throw new TypeError('two blocks are wanted');
    const { request, bytes } = first;
    expect(torrent.deliverBlock(request, bytes ?? arena.block(0, request.begin, blockLength))).toBe(true);
    expect(torrent.pieceSources(0)).toMatchObject([{ peer: { connectionId } }]);
    expect(torrent.abandonBlock(second.request)).toBe(true);
    if (second.bytes) at.alpha.session.freeDiskBuffer(second.bytes);
    await arena.finishSubject();
    await arena.end();
  });

  it('ends where the torrent is removed', async () => {
    const at = await scene(way);
    const { arena, alpha, taken, torrent } = at;
    free(at);
    void arena.session.removeTorrent(arena.infoHash);
    await arena.advance(1);
    expect(alpha.session.stats().plugins.alpha).toBeUndefined();
    const [first] = taken;
    if (first) {
      expect(() => torrent.abandonBlock(first.request)).toThrow(
        expect.objectContaining({ code: 'PLUGIN_CONTEXT_CLOSED' }),
      );
    }
    await arena.end();
  });

  it('can be ended by the plugin that has it only', async () => {
    const at = await scene(way);
    const { arena, taken } = at;
    const beta = new Recorder('beta');
    arena.session.addExtension(beta.plugin);
    for (const { request } of taken) {
      expect(beta.torrents[0]?.abandonBlock(request)).toBe(false);
      expect(beta.torrents[0]?.deliverBlock(request, new Uint8Array(blockLength))).toBe(false);
    }
    free(at);
    await arena.end();
  });
});

describe('no livelock', () => {
  it.each(['peer.onPiece', 'peer.writeRequest'] as const)(
    'a plugin that takes and abandons every block (%s) makes no storm of requests',
    async (id) => {
      const alpha = new Recorder('alpha', { reactions: { [id]: () => true } });
      const arena = await Arena.create({ plugins: [alpha.plugin] });
      alpha.reactions['torrent.tick'] = ({ torrent }) => {
        for (const request of blocksOfPieces(0, 1, 2, 3)) torrent?.abandonBlock(request);
      };
      const remote = await arena.open();
      remote.serve(arena.content, { pieces: [0, 1, 2, 3] });
      await arena.advance(300_000);
      // Eight blocks, each at most once a minute.
      expect(alpha.count(id)).toBeGreaterThanOrEqual(8);
      expect(alpha.count(id)).toBeLessThanOrEqual(8 * 6);
      void arena.session.removeExtension('alpha');
      await arena.finishSubject();
      await arena.end();
    },
  );

  it('a block delivered inside onPiece, right after its release, counts', async () => {
    const alpha = new Recorder('alpha');
    alpha.reactions['peer.onPiece'] = ({ torrent, args: [request, holder] }) => {
      const bytes = (holder as DiskBufferHolder).release();
      expect(torrent?.deliverBlock(request as BlockRequest, bytes)).toBe(true);
      return true;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open();
    remote.serve(arena.content);
    await arena.advance(5000);
    expect(arena.torrent.state).toBe('seeding');
    expect(arena.node.hasContent(arena.content)).toBe(true);
    expect(arena.session.stats().plugins.alpha).toBeUndefined();
    await arena.end();
  });

  it('a block abandoned inside onPiece, right after its release, is open again', async () => {
    const alpha = new Recorder('alpha');
    alpha.reactions['peer.onPiece'] = ({ torrent, args: [request, holder] }) => {
      alpha.session.freeDiskBuffer((holder as DiskBufferHolder).release());
      expect(torrent?.abandonBlock(request as BlockRequest)).toBe(true);
      return true;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open();
    remote.serve(arena.content, { pieces: [0] });
    await arena.advance(50_000);
    expect(alpha.count('peer.onPiece')).toBe(2);
    expect(arena.torrent.stats.blocksWithPlugins).toBe(0);
    await arena.end();
  });
});
