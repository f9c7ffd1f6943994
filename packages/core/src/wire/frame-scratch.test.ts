import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameScratch } from './frame-scratch.js';

describe('FrameScratch', () => {
  it('holds what was filled in, never more than was asked for, in memory of at most twice that', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 1, max: 3500 }),
        (bytes, sizes, target) => {
          const scratch = new FrameScratch();
          let offset = 0;
          for (let i = 0; offset < bytes.length && scratch.length < target; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            const lead = i % 3;
            const chunk = new Uint8Array([...new Uint8Array(lead), ...bytes.subarray(offset, offset + size)]);
            offset += scratch.fill(target, chunk, lead) - lead;
            expect(scratch.length).toBe(offset);
            expect(scratch.capacity).toBeLessThanOrEqual(Math.max(32, 2 * offset));
          }
          expect(offset).toBe(Math.min(target, bytes.length));
          expect(scratch.bytes.slice(0, scratch.length)).toEqual(bytes.slice(0, offset));
        },
      ),
    );
  });

  it('does not believe a length before its bytes are there', () => {
    const scratch = new FrameScratch();
    scratch.fill(1 << 20, new Uint8Array(40), 0);
    expect(scratch.capacity).toBeLessThanOrEqual(80);
  });

  it('gives large memory back when cleared', () => {
    const scratch = new FrameScratch();
    scratch.fill(100_000, new Uint8Array(100_000).fill(1), 0);
    const view = scratch.bytes;
    scratch.clear();
    expect(scratch.capacity).toBe(32);
    expect(scratch.length).toBe(0);
    expect(view[99_999]).toBe(1);
  });
});
