import { describe, expect, it } from 'vitest';
import { CipherState } from '../noise/cipher-state.js';
import { RecordDecoder } from './record-decoder.js';
import { RecordEncoder, recordsPerKey } from './record-encoder.js';

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const encoder = (): RecordEncoder => new RecordEncoder(new CipherState(key));
const decoder = (): RecordDecoder => new RecordDecoder(new CipherState(key));
const forged = expect.objectContaining({ code: 'PLUGIN_STREAM_AUTHENTICATION' });

/** All that an encoder or decoder gives for some bytes, in one piece. */
function joined(pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat(pieces);
}

function numbered(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
}

describe('records', () => {
  it.each([0, 1, 16_384, 65_519, 65_520, 200_000])(
    'give back %d bytes, in records as long as may be',
    (length) => {
      const plain = numbered(length);
      const wire = joined(encoder().encode(plain));
      expect(wire.length).toBe(length + Math.ceil(length / 65_519) * 18);
      expect(joined(decoder().decode(wire)).equals(plain)).toBe(true);
    },
  );

  it('give back the bytes however they are cut, and keep one partial record', () => {
    const source = encoder();
    const parts = [3, 1, 70_000, 20].map(numbered);
    const plain = Buffer.concat(parts);
    const wire = joined(parts.flatMap((part) => source.encode(part)));
    for (const size of [1, 2, 3, 17, 18, 19, 1000, 65_537, wire.length]) {
      const target = decoder();
      const got: Uint8Array[] = [];
      for (let at = 0; at < wire.length; at += size) got.push(...target.decode(wire.subarray(at, at + size)));
      expect(Buffer.concat(got).equals(plain), `chunks of ${size}`).toBe(true);
    }
  });

  it('are kept in few pieces, however many they come in', () => {
    const { decode } = decoder();
    const plain = numbered(65_519);
    const wire = joined(encoder().encode(plain));
    let pieces: readonly Uint8Array[] = [];
    for (let i = 0; i < wire.length; i++) pieces = decode(wire.subarray(i, i + 1));
    expect(joined(pieces).equals(plain)).toBe(true);
    expect(pieces.length).toBeLessThanOrEqual(128);
  });

  it('are not views of what was given', () => {
    const wire = joined(encoder().encode(numbered(100)));
    const plain = decoder().decode(wire);
    wire.fill(0);
    expect(joined(plain).equals(numbered(100))).toBe(true);
  });

  it('give nothing of a record before all of it has come', () => {
    const wire = joined(encoder().encode(numbered(1000)));
    const target = decoder();
    for (const byte of wire.subarray(0, -1)) expect(target.decode(Uint8Array.of(byte))).toEqual([]);
    expect(joined(target.decode(wire.subarray(-1))).equals(numbered(1000))).toBe(true);
  });

  it('are refused where any bit was changed, that of a length included', () => {
    const wire = joined(encoder().encode(numbered(5)));
    for (let bit = 0; bit < wire.length * 8; bit++) {
      const changed = wire.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const target = decoder();
      // A length that was made longer waits for bytes, which are then not authentic.
      const run = (): readonly Uint8Array[] => {
        target.decode(changed);
        return target.decode(new Uint8Array(65_537));
      };
      expect(run, `bit ${bit}`).toThrow(forged);
    }
  });

  it('are refused where one is left out, repeated, or empty', () => {
    const source = encoder();
    const [first, second] = [joined(source.encode(numbered(5))), joined(source.encode(numbered(6)))];
    expect(() => decoder().decode(second)).toThrow(forged);
    const target = decoder();
    target.decode(first);
    expect(() => target.decode(first)).toThrow(forged);
    for (let length = 0; length <= 16; length++) {
      expect(() => decoder().decode(Uint8Array.of(0, length)), `length ${length}`).toThrow(forged);
    }
  });

  it('go on past the change of the key', () => {
    const source = encoder();
    const target = decoder();
    const plain = Uint8Array.of(1);
    for (let i = 0; i < recordsPerKey; i++) source.encode(plain);
    const withoutRekey = new CipherState(key);
    for (let i = 0; i < recordsPerKey; i++) withoutRekey.encrypt(plain);
    const after = joined(source.encode(plain));
    expect(Buffer.compare(after.subarray(2), withoutRekey.encrypt(plain))).not.toBe(0);

    const again = encoder();
    for (let i = 0; i < recordsPerKey; i++) target.decode(joined(again.encode(plain)));
    expect(joined(target.decode(after))).toEqual(Buffer.from(plain));
  });
});
