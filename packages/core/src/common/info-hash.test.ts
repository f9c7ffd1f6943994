import { describe, expect, it } from 'vitest';
import { InfoHash } from './info-hash.js';

const hex = '0123456789abcdef0123456789abcdef01234567';

describe('InfoHash', () => {
  it('is the same from bytes and from digits of either case', () => {
    const hash = InfoHash.fromHex(hex.toUpperCase());
    expect(hash.hex).toBe(hex);
    expect(InfoHash.fromBytes(hash.toBytes()).equals(hash)).toBe(true);
    expect(hash.equals(InfoHash.fromHex(hex.replace('0', '1')))).toBe(false);
    expect(`${hash} ${JSON.stringify({ hash })}`).toBe(`${hex} {"hash":"${hex}"}`);
  });

  it('keeps its own bytes: a receive buffer that is used again does not change it', () => {
    const buffer = Buffer.from(hex, 'hex');
    const hash = InfoHash.fromBytes(buffer);
    buffer.fill(0);
    hash.toBytes().fill(0);
    expect(InfoHash.fromBytes(hash.toBytes()).hex).toBe(hex);
  });

  it.each([19, 21, 0, 32])('refuses %i bytes', (length) => {
    expect(() => InfoHash.fromBytes(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'INFO_HASH_INVALID' }),
    );
  });

  it.each(['', hex.slice(1), `${hex}0`, `${hex.slice(1)}g`, `\u001b${hex.slice(1)}`])(
    'refuses %j',
    (text) => {
      expect(() => InfoHash.fromHex(text)).toThrow(
        expect.objectContaining({
          code: 'INFO_HASH_INVALID',
          message: expect.not.stringContaining('\u001b'),
        }),
      );
    },
  );
});
