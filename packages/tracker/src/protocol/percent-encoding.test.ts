import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentDecodeBytes, percentEncodeBytes } from './percent-encoding.js';

describe('binary values of a query', () => {
  it('are escaped but for letters, digits and -._~', () => {
    expect(percentEncodeBytes(Uint8Array.of(0x12, 0x34, 0xff, 0x41, 0x7e, 0x2f, 0x20, 0x25))).toBe(
      '%124%FFA~%2F%20%25',
    );
  });

  it('come back as they were, and need no more escaping', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = percentEncodeBytes(bytes);
        expect(text).toMatch(/^[A-Za-z0-9._~%-]*$/);
        expect(percentDecodeBytes(text)).toEqual(bytes);
      }),
    );
  });

  it('are read where anybody wrote them, as decodeURIComponent reads text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bytes = percentDecodeBytes(encodeURIComponent(text));
        expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)).toBe(text);
      }),
    );
    expect(percentDecodeBytes('a+%2b%2B')).toEqual(new TextEncoder().encode('a+++'));
  });

  it.each(['%', '%4', 'abc%4', '%zz', '%4g', '%%41'])('refuses the escape in %s', (text) => {
    expect(percentDecodeBytes(text)).toBeUndefined();
  });
});
