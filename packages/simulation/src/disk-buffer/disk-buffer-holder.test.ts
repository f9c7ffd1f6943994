import type { BlockRequest, DiskBufferHolder } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { blockLength } from '../fixtures/blocks.js';
import { type HookCall, type Reaction, Recorder } from '../fixtures/recorder.js';

/** An arena whose plugin does this with each block, and a peer that serves everything. */
async function downloading(
  onPiece: (call: HookCall, holder: DiskBufferHolder, request: BlockRequest) => unknown,
  pieceCount = 16,
): Promise<{ arena: Arena; alpha: Recorder }> {
  const reaction: Reaction = (call) =>
    onPiece(call, call.args[1] as DiskBufferHolder, call.args[0] as BlockRequest);
  const alpha = new Recorder('alpha', { reactions: { 'peer.onPiece': reaction } });
  const arena = await Arena.create({ plugins: [alpha.plugin], pieceCount });
  const remote = await arena.open();
  remote.serve(arena.content);
  return { arena, alpha };
}

function codeOf(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('DiskBufferHolder', () => {
  it('left alone: a view of the block during the hook, nothing after it, and the engine goes on', async () => {
    const holders: DiskBufferHolder[] = [];
    const seen: boolean[] = [];
    const { arena } = await downloading((_call, holder, { piece, begin, length }) => {
      holders.push(holder);
      seen.push(Buffer.compare(holder.buffer ?? new Uint8Array(), arena.block(piece, begin, length)) === 0);
      return undefined;
    });
    await arena.advance(5000);
    expect(seen).toHaveLength(32);
    expect(seen.every((isRight) => isRight)).toBe(true);
    expect(holders.every(({ buffer }) => buffer === undefined)).toBe(true);
    expect(() => holders[0]?.release()).toThrow(codeOf('PLUGIN_BUFFER_RELEASED'));
    expect(arena.torrent.state).toBe('seeding');
    await arena.end();
  });

  it('released: the bytes are the plugin’s, the slot is free, the block is with the plugin', async () => {
    const released: Uint8Array[] = [];
    const { arena, alpha } = await downloading((_call, holder) => {
      const bytes = holder.release();
      expect(holder.buffer).toBeUndefined();
      expect(() => holder.release()).toThrow(codeOf('PLUGIN_BUFFER_RELEASED'));
      released.push(bytes);
      return undefined;
    }, 2);
    await arena.advance(500);
    expect(released).toHaveLength(4);
    const stats = arena.session.stats();
    expect(stats.slotsInUse).toBe(0);
    expect(stats.plugins.alpha).toMatchObject({ diskBufferBytes: 4 * blockLength, blocks: 4 });
    const [first, ...rest] = released;
    if (first === undefined) throw new TypeError('nothing was released');
    expect(first.buffer, 'not shared memory of the engine').not.toBeInstanceOf(SharedArrayBuffer);
    for (const bytes of rest) alpha.session.freeDiskBuffer(bytes);
    expect(arena.session.stats().plugins.alpha?.diskBufferBytes).toBe(blockLength);
    alpha.session.freeDiskBuffer(first);
    expect(() => alpha.session.freeDiskBuffer(first)).toThrow(codeOf('PLUGIN_BUFFER_UNKNOWN'));
    expect(() => alpha.session.freeDiskBuffer(new Uint8Array(4))).toThrow(codeOf('PLUGIN_BUFFER_UNKNOWN'));
    expect(arena.session.stats().plugins.alpha?.diskBufferBytes).toBe(0);
    await arena.end();
  });

  it('later plugins do not see a block that is released', async () => {
    const { arena, alpha } = await downloading(
      (_call, holder) => void alpha.session.freeDiskBuffer(holder.release()),
      1,
    );
    const beta = new Recorder('beta', { order: 'post' });
    arena.session.addExtension(beta.plugin);
    await arena.advance(500);
    expect(alpha.count('peer.onPiece')).toBe(2);
    expect(beta.count('peer.onPiece')).toBe(0);
    await arena.end();
  });

  it('one plugin cannot free what another has', async () => {
    const released: Uint8Array[] = [];
    const { arena, alpha } = await downloading((_call, holder) => void released.push(holder.release()), 1);
    const beta = new Recorder('beta');
    arena.session.addExtension(beta.plugin);
    await arena.advance(500);
    const [first, second] = released;
    if (first === undefined || second === undefined) throw new TypeError('nothing was released');
    expect(() => beta.session.freeDiskBuffer(first)).toThrow(codeOf('PLUGIN_BUFFER_UNKNOWN'));
    for (const bytes of [first, second]) alpha.session.freeDiskBuffer(bytes);
    await arena.end();
  });

  it('a plugin holds at most 16 MiB; given back, it may take again', async () => {
    const released: Uint8Array[] = [];
    const errors: unknown[] = [];
    const { arena, alpha } = await downloading((_call, holder) => {
      try {
        released.push(holder.release());
      } catch (error) {
        errors.push(error);
      }
      return undefined;
    }, 600);
    await arena.runUntil(() => errors.length > 0, 'the limit');
    expect(released.reduce((sum, { length }) => sum + length, 0)).toBe(16 * 1024 * 1024);
    expect(errors[0]).toMatchObject({ code: 'PLUGIN_BUFFER_LIMIT' });
    expect(arena.session.stats().plugins.alpha?.diskBufferBytes).toBe(16 * 1024 * 1024);
    for (const bytes of released.splice(0)) alpha.session.freeDiskBuffer(bytes);
    await arena.advance(70_000);
    expect(released.length, 'again').toBeGreaterThan(0);
    for (const bytes of released) alpha.session.freeDiskBuffer(bytes);
    alpha.reactions['peer.onPiece'] = () => undefined;
    void arena.session.removeTorrent(arena.infoHash);
    await arena.advance(10);
    await arena.end();
  });

  it('what deliverBlock is given is given back', async () => {
    const { arena } = await downloading(({ torrent }, holder, request) => {
      const bytes = holder.release();
      torrent?.clock.setTimeout(() => torrent.deliverBlock(request, bytes), 5);
      return true;
    });
    await arena.advance(10_000);
    expect(arena.torrent.state).toBe('seeding');
    expect(arena.node.hasContent(arena.content)).toBe(true);
    expect(arena.session.stats().plugins.alpha).toBeUndefined();
    await arena.end();
  });
});
