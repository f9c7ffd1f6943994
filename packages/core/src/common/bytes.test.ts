import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, bytesToHex, concatBytes, hexToBytes, utf8 } from './bytes.js';

describe('hexadecimal', () => {
  it('round-trips every byte string, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const hex = bytesToHex(bytes);
        expect(hex).toBe(Buffer.from(bytes).toString('hex'));
        expect(hexToBytes(hex)).toEqual(bytes);
        expect(hexToBytes(hex.toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it.each(['0', 'abc', '0g', ' 00', '0x00', '00\n', '+1'])('refuses %j', (text) => {
    expect(hexToBytes(text)).toBeUndefined();
  });
});

describe('byte arrays', () => {
  it('are equal only where length and every byte are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(bytesEqual(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(bytesEqual(a, a.slice())).toBe(true);
      }),
    );
  });

  it('are joined in order into new memory', () => {
    const first = Uint8Array.of(1, 2);
    const all = concatBytes(first, new Uint8Array(), Uint8Array.of(3));
    first[0] = 9;
    expect(all).toEqual(Uint8Array.of(1, 2, 3));
    expect(concatBytes()).toEqual(new Uint8Array());
  });

  it('of text are UTF-8', () => {
    expect(utf8('aé😀')).toEqual(new Uint8Array(Buffer.from('aé😀')));
  });
});
