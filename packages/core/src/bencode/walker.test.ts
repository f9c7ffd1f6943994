import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../common/bytes.js';
import { type BencodeInput, encode } from './bencode.js';
import { Walker } from './walker.js';

const { value: anyValue } = fc.letrec<{ value: BencodeInput }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.maxSafeInteger(),
    fc.string({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 5 }),
  ),
}));

/** Values and keys, as they are counted by hand. */
function tokensOf(value: BencodeInput): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + tokensOf(item), 1);
  if (typeof value !== 'object' || value instanceof Uint8Array) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + 1 + tokensOf(item ?? 0), 1);
}

describe('Walker', () => {
  it('passes over any value, and counts what is in it', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode([value, 7]);
        const walker = new Walker(bytes, 1);
        walker.skip();
        expect(walker.tokens).toBe(tokensOf(value));
        expect(walker.integer()).toBe(7);
        expect(walker.isEnd).toBe(true);
      }),
    );
  });

  it('reads integers and strings where they are', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.uint8Array({ maxLength: 300 }), (integer, text) => {
        const bytes = encode([integer, text]);
        const walker = new Walker(bytes, 0);
        walker.enter();
        // There is no negative zero.
        expect(walker.integer()).toBe(integer + 0);
        expect(walker.isString).toBe(true);
        walker.string();
        expect(walker.stringBytes()).toEqual(text);
        expect(walker.stringBytes().buffer).toBe(bytes.buffer);
        expect(walker.stringIs(text)).toBe(true);
      }),
    );
  });

  it('tells strings of one length, and of one beginning, apart', () => {
    const walker = new Walker(utf8('4:path'), 0);
    walker.string();
    expect(walker.stringIs(utf8('path'))).toBe(true);
    for (const other of ['pat', 'patz', 'path.', '']) expect(walker.stringIs(utf8(other))).toBe(false);
  });
});
