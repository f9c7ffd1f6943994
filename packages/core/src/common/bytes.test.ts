import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, bytesToHex, concatBytes, copyInto, hexToBytes, utf8 } from './bytes.js';

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

  it.each([
    ['plain', (length: number) => new Uint8Array(length)],
    ['shared', (length: number) => new Uint8Array(new SharedArrayBuffer(length))],
  ])('are copied to their place in %s memory, and nothing beside it is touched', (_, allocate) => {
    const target = allocate(6).fill(9);
    copyInto(target, Uint8Array.of(1, 2, 3), 2);
    expect([...target]).toEqual([9, 9, 1, 2, 3, 9]);
    copyInto(target, new Uint8Array(), 6);
    expect([...target]).toEqual([9, 9, 1, 2, 3, 9]);
    expect(() => copyInto(target, Uint8Array.of(1, 2), 5)).toThrow(RangeError);
    expect([...target]).toEqual([9, 9, 1, 2, 3, 9]);
  });

  it('of text are UTF-8', () => {
    expect(utf8('aé😀')).toEqual(new Uint8Array(Buffer.from('aé😀')));
  });
});
