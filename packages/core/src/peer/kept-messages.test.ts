import { describe, expect, it } from 'vitest';
import { KeptMessages } from './kept-messages.js';

const torrentBytes = 8 * 1024 * 1024;
/** What a message without payload counts for. */
const messageBytes = 16;

function bitfield(length: number): { readonly type: 'bitfield'; readonly bits: Uint8Array } {
  return { type: 'bitfield', bits: new Uint8Array(length) };
}

describe('messages kept until they can be dealt with', () => {
  it('come out in order, once', () => {
    const budget = { bytes: 0 };
    const kept = new KeptMessages(budget);
    expect(kept.isEmpty).toBe(true);
    kept.add({ type: 'unchoke' });
    kept.add(bitfield(2));
    kept.add({ type: 'have', piece: 5 });
    expect(kept.isEmpty).toBe(false);
    expect(kept.take()).toEqual([{ type: 'unchoke' }, bitfield(2), { type: 'have', piece: 5 }]);
    expect(kept.take()).toEqual([]);
    expect(budget.bytes).toBe(0);
  });

  it('lose every statement about pieces to a later bitfield, have-all or have-none; flags stay', () => {
    for (const last of [bitfield(1), { type: 'haveAll' as const }, { type: 'haveNone' as const }]) {
      const kept = new KeptMessages({ bytes: 0 });
      kept.add(bitfield(9));
      kept.add({ type: 'have', piece: 1 });
      kept.add({ type: 'interested' });
      kept.add({ type: 'dontHave', piece: 2 });
      kept.add({ type: 'allowedFast', piece: 3 });
      kept.add(last);
      expect(kept.take()).toEqual([{ type: 'interested' }, { type: 'allowedFast', piece: 3 }, last]);
    }
  });

  it('are 4 096 a peer, and a bitfield beside', () => {
    for (const bitfieldAt of ['first', 'last'] as const) {
      const kept = new KeptMessages({ bytes: 0 });
      if (bitfieldAt === 'first') kept.add(bitfield(1));
      for (let i = 0; i < 4_096; i++) expect(kept.add({ type: 'suggest', piece: i })).toBe(true);
      expect(kept.add({ type: 'suggest', piece: 0 })).toBe(false);
      expect(kept.add({ type: 'choke' })).toBe(false);
      expect(kept.add(bitfield(3))).toBe(true);
      expect(kept.add({ type: 'have', piece: 0 })).toBe(false);
      expect(kept.take()).toHaveLength(4_097);
      expect(kept.add({ type: 'have', piece: 0 })).toBe(true);
    }
  });

  it('make room where a bitfield takes the place of haves', () => {
    const kept = new KeptMessages({ bytes: 0 });
    for (let i = 0; i < 4_096; i++) kept.add({ type: 'have', piece: i });
    expect(kept.add({ type: 'have', piece: 0 })).toBe(false);
    kept.add({ type: 'haveNone' });
    for (let i = 0; i < 4_096; i++) expect(kept.add({ type: 'have', piece: i })).toBe(true);
    expect(kept.add({ type: 'have', piece: 0 })).toBe(false);
  });

  it('take 8 MiB a torrent, all its peers together', () => {
    const budget = { bytes: 0 };
    const first = new KeptMessages(budget);
    const second = new KeptMessages(budget);
    expect(first.add(bitfield(torrentBytes / 2 - messageBytes))).toBe(true);
    expect(second.add(bitfield(torrentBytes / 2 - 2 * messageBytes))).toBe(true);
    expect(budget.bytes).toBe(torrentBytes - messageBytes);
    expect(second.add(bitfield(torrentBytes / 2 - messageBytes + 1))).toBe(false);
    second.clear();
    expect(second.add(bitfield(torrentBytes / 2 - messageBytes))).toBe(true);
    expect(budget.bytes).toBe(torrentBytes);
    expect(first.add({ type: 'have', piece: 0 })).toBe(false);
    second.clear();
    expect(first.add({ type: 'have', piece: 0 })).toBe(true);
    first.take();
    expect(budget.bytes).toBe(0);
  });
});
