import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../common/bytes.js';
import { encodeHandshake, HandshakeParser, handshakeLength, ReservedBits } from './handshake.js';

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const fields = fc.record({ reserved: exactly(8), infoHash: exactly(20), peerId: exactly(20) });
const refused = expect.objectContaining({ code: 'WIRE_HANDSHAKE' });

describe('handshake', () => {
  it('is laid out as BEP 3 says', () => {
    const bytes = encodeHandshake({
      reserved: new Uint8Array(8).fill(1),
      infoHash: new Uint8Array(20).fill(2),
      peerId: new Uint8Array(20).fill(3),
    });
    expect(bytes).toEqual(
      Uint8Array.of(
        19,
        ...utf8('BitTorrent protocol'),
        ...new Uint8Array(8).fill(1),
        ...new Uint8Array(20).fill(2),
        ...new Uint8Array(20).fill(3),
      ),
    );
  });

  it('refuses to encode fields of a wrong length', () => {
    const right = { reserved: new Uint8Array(8), infoHash: new Uint8Array(20), peerId: new Uint8Array(20) };
    for (const name of ['reserved', 'infoHash', 'peerId'] as const) {
      expect(() => encodeHandshake({ ...right, [name]: new Uint8Array(19) })).toThrow(refused);
    }
  });

  it('reads back what was encoded, in any chunking, and leaves what follows', () => {
    fc.assert(
      fc.property(
        fields,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        exactly(30),
        (sent, sizes, rest) => {
          const bytes = encodeHandshake(sent);
          const stream = new Uint8Array([...bytes, ...rest]);
          const parser = new HandshakeParser();
          let offset = 0;
          for (let i = 0; !parser.isComplete; i++) {
            const chunk = stream.slice(offset, offset + (sizes[i % sizes.length] ?? 1));
            offset += parser.push(chunk);
            chunk.fill(0);
            expect(parser.reserved?.toBytes()).toEqual(offset >= 28 ? sent.reserved : undefined);
            expect(parser.infoHash).toEqual(offset >= 48 ? sent.infoHash : undefined);
            expect(parser.peerId).toEqual(offset >= 68 ? sent.peerId : undefined);
            expect(parser.raw).toEqual(offset >= 68 ? bytes : undefined);
          }
          expect(offset).toBe(handshakeLength);
          expect(parser.push(rest)).toBe(0);
        },
      ),
    );
  });

  it('refuses a stranger at the first byte that cannot be', () => {
    expect(() => new HandshakeParser().push(utf8('G'))).toThrow(refused);
    const parser = new HandshakeParser();
    expect(parser.push(Uint8Array.of(19, ...utf8('BitTorrent')))).toBe(11);
    expect(() => parser.push(utf8('!'))).toThrow(refused);
  });

  it('compares every byte of the prefix', () => {
    const right = encodeHandshake({
      reserved: new Uint8Array(8),
      infoHash: new Uint8Array(20),
      peerId: new Uint8Array(20),
    });
    for (let i = 0; i < 20; i++) {
      const wrong = right.slice();
      wrong[i] = (wrong[i] ?? 0) ^ 1;
      expect(() => new HandshakeParser().push(wrong)).toThrow(refused);
      expect(new HandshakeParser().push(wrong.subarray(0, i))).toBe(i);
    }
  });
});

describe('ReservedBits', () => {
  it('counts bits from the right, as BEP 10 does', () => {
    const bits = new ReservedBits();
    bits.set(0);
    bits.set(63);
    expect(bits.toBytes()).toEqual(Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 1));
    bits.set(20);
    expect(bits.toBytes()[5]).toBe(0x10);
    expect(bits.extensionProtocol).toBe(true);
  });

  it.each([
    ['extensionProtocol', 5, 0x10],
    ['fast', 7, 0x04],
    ['dht', 7, 0x01],
  ] as const)('has %s in byte %i', (name, index, mask) => {
    const bits = new ReservedBits();
    expect(bits[name]).toBe(false);
    bits[name] = true;
    const bytes = new Uint8Array(8);
    bytes[index] = mask;
    expect(bits.toBytes()).toEqual(bytes);
    expect(new ReservedBits(bytes)[name]).toBe(true);
    bits[name] = false;
    expect(bits.toBytes()).toEqual(new Uint8Array(8));
  });

  it('keeps every bit apart and shares no memory', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 63 })), (numbers) => {
        const bits = new ReservedBits();
        for (const bit of numbers) bits.set(bit);
        bits.toBytes().fill(0xff);
        const source = bits.toBytes();
        const copy = new ReservedBits(source);
        source.fill(0xff);
        for (let bit = 0; bit < 64; bit++) {
          expect(bits.has(bit)).toBe(numbers.includes(bit));
          expect(copy.has(bit)).toBe(numbers.includes(bit));
        }
      }),
    );
  });

  it('refuses numbers that are no bit and arrays that are not 8 bytes', () => {
    const wrong = expect.objectContaining({ code: 'WIRE_RESERVED_BIT' });
    for (const bit of [-1, 64, 1.5, Number.NaN]) {
      expect(() => new ReservedBits().has(bit)).toThrow(wrong);
      expect(() => new ReservedBits().set(bit)).toThrow(wrong);
    }
    expect(() => new ReservedBits(new Uint8Array(7))).toThrow(wrong);
  });
});
