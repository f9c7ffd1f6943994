import { describe, expect, it } from 'vitest';
import { DiskBufferLedger, maxDiskBufferBytes } from './disk-buffers.js';

describe('blocks that plugins keep', () => {
  it('are copies that belong to one plugin until it gives them back, once', () => {
    const ledger = new DiskBufferLedger();
    const slot = new Uint8Array([1, 2, 3]);
    const copy = ledger.take('a', slot);
    slot.fill(9);
    expect(copy).toEqual(new Uint8Array([1, 2, 3]));
    expect([ledger.bytesOf('a'), ledger.bytesOf('b')]).toEqual([3, 0]);
    expect(ledger.giveBack('b', copy)).toBe(false);
    expect(ledger.giveBack('a', new Uint8Array([1, 2, 3]))).toBe(false);
    expect(ledger.giveBack('a', copy)).toBe(true);
    expect(ledger.giveBack('a', copy)).toBe(false);
    expect(ledger.bytesOf('a')).toBe(0);
  });

  it('are 16 MiB a plugin at most, whatever others keep', () => {
    const ledger = new DiskBufferLedger();
    const half = new Uint8Array(maxDiskBufferBytes / 2);
    const first = ledger.take('a', half);
    ledger.take('a', half);
    expect(() => ledger.take('a', new Uint8Array(1))).toThrow(
      expect.objectContaining({ code: 'PLUGIN_BUFFER_LIMIT' }),
    );
    expect(ledger.bytesOf('a')).toBe(16 * 1024 * 1024);
    expect(ledger.take('b', half)).toHaveLength(half.length);
    ledger.giveBack('a', first);
    expect(ledger.take('a', half)).toHaveLength(half.length);
  });
});
