import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BencodeDict, BencodeValue } from '../bencode/bencode.js';
import { utf8 } from '../common/bytes.js';
import { WireError } from '../common/errors.js';
import { readExtensionHandshake } from './extension-handshake.js';

const refused = expect.objectContaining({ code: 'WIRE_EXTENSION_HANDSHAKE' });

describe('readExtensionHandshake', () => {
  it('reads every field of BEP 9, 10 and 21', () => {
    const ipv6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const { messageIds, ...fields } = readExtensionHandshake({
      m: { ex_metadata: 3, lt_donthave: 0, µT_PEX: 255 },
      v: utf8('µTorrent 1.2'),
      p: 6881,
      yourip: Uint8Array.of(10, 0, 0, 1),
      ipv4: Uint8Array.of(192, 0, 2, 1),
      ipv6,
      reqq: 250,
      metadata_size: 31_235,
      upload_only: 1,
    });
    expect([...messageIds]).toEqual([
      ['ex_metadata', 3],
      ['lt_donthave', 0],
      ['µT_PEX', 255],
    ]);
    expect(fields).toEqual({
      clientName: 'µTorrent 1.2',
      listenPort: 6881,
      yourIp: '10.0.0.1',
      ipv4: '192.0.2.1',
      ipv6: '2001:db8::1',
      requestQueue: 250,
      metadataSize: 31_235,
      uploadOnly: true,
    });
    expect(readExtensionHandshake({ yourip: ipv6 }).yourIp).toBe('2001:db8::1');
  });

  it('says nothing of what the peer did not say', () => {
    expect(readExtensionHandshake({})).toEqual({ messageIds: new Map() });
    expect(readExtensionHandshake({ upload_only: 0 })).toHaveProperty('uploadOnly', false);
  });

  const useless: [string, BencodeValue][] = [
    ['m', 1],
    ['m', { ex_peers: utf8('1') }],
    ['v', 5],
    ['v', Uint8Array.of(0xff)],
    ['v', utf8(' \u202e ')],
    ['p', 0],
    ['p', 65_536],
    ['p', utf8('80')],
    ['yourip', new Uint8Array(5)],
    ['ipv4', new Uint8Array(16)],
    ['ipv6', new Uint8Array(4)],
    ['ipv6', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4)],
    ['reqq', 0],
    ['reqq', []],
    ['metadata_size', 0],
    ['metadata_size', -1],
    ['upload_only', utf8('1')],
  ];
  it.each(useless)('ignores an unusable %s (%j)', (key, value) => {
    expect(readExtensionHandshake({ [key]: value })).toEqual({ messageIds: new Map() });
  });

  it('makes a client name fit for a terminal', () => {
    const read = (name: string) => readExtensionHandshake({ v: utf8(name) }).clientName;
    expect(read('a\u001b[31mb\u202e\n')).toBe('a[31mb');
    expect(read('😀'.repeat(64))).toBe('😀'.repeat(64));
    expect(read('😀'.repeat(65))).toBe('😀'.repeat(64));
  });

  it('takes 64 names and refuses 65', () => {
    const names = (count: number): BencodeDict =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, i]));
    expect(readExtensionHandshake({ m: names(64) }).messageIds.size).toBe(64);
    expect(() => readExtensionHandshake({ m: names(65) })).toThrow(refused);
  });

  it('takes a name of 64 bytes and refuses 65', () => {
    expect(readExtensionHandshake({ m: { ['é'.repeat(32)]: 1 } }).messageIds.size).toBe(1);
    expect(() => readExtensionHandshake({ m: { [`${'é'.repeat(32)}x`]: 1 } })).toThrow(refused);
  });

  it('takes ids 0 to 255 and refuses others', () => {
    expect(readExtensionHandshake({ m: { a: 0, b: 255 } }).messageIds.size).toBe(2);
    expect(() => readExtensionHandshake({ m: { a: 256 } })).toThrow(refused);
    expect(() => readExtensionHandshake({ m: { a: -1 } })).toThrow(refused);
  });

  it('throws nothing but WireError on any dictionary', () => {
    const value: fc.Arbitrary<BencodeValue> = fc.oneof(
      fc.integer(),
      fc.uint8Array({ maxLength: 20 }),
      fc.array(fc.integer()),
      fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.uint8Array())),
    );
    const keys = ['m', 'v', 'p', 'yourip', 'ipv4', 'ipv6', 'reqq', 'metadata_size', 'upload_only'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value), (dict) => {
        try {
          readExtensionHandshake(dict);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
