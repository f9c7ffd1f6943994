import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../common/bytes.js';
import { readDontHave } from './dont-have.js';
import * as encode from './encode.js';

type Write = (buffer: Uint8Array, offset: number) => number;

const cases: [keyof typeof encode.messageSizes, Write, string][] = [
  ['keepAlive', encode.writeKeepAlive, '00000000'],
  ['choke', encode.writeChoke, '0000000100'],
  ['unchoke', encode.writeUnchoke, '0000000101'],
  ['interested', encode.writeInterested, '0000000102'],
  ['notInterested', encode.writeNotInterested, '0000000103'],
  ['have', (b, o) => encode.writeHave(b, o, 0x01020304), '000000050401020304'],
  ['bitfieldHeader', (b, o) => encode.writeBitfieldHeader(b, o, 0x1ff), '0000020005'],
  ['request', (b, o) => encode.writeRequest(b, o, 1, 0x8000, 0x4000), '0000000d06000000010000800000004000'],
  [
    'pieceHeader',
    (b, o) => encode.writePieceHeader(b, o, 0xffffffff, 2, 0x4000),
    '0000400907ffffffff00000002',
  ],
  ['cancel', (b, o) => encode.writeCancel(b, o, 1, 2, 3), '0000000d08000000010000000200000003'],
  ['port', (b, o) => encode.writePort(b, o, 6881), '00000003091ae1'],
  ['suggest', (b, o) => encode.writeSuggest(b, o, 7), '000000050d00000007'],
  ['haveAll', encode.writeHaveAll, '000000010e'],
  ['haveNone', encode.writeHaveNone, '000000010f'],
  ['reject', (b, o) => encode.writeReject(b, o, 1, 2, 3), '0000000d10000000010000000200000003'],
  ['allowedFast', (b, o) => encode.writeAllowedFast(b, o, 8), '000000051100000008'],
  ['extendedHeader', (b, o) => encode.writeExtendedHeader(b, o, 3, 10), '0000000c1403'],
  ['dontHave', (b, o) => encode.writeDontHave(b, o, 9, 258), '00000006140900000102'],
  ['rawHeader', (b, o) => encode.writeRawHeader(b, o, 99, 4), '0000000563'],
];

describe('encoders', () => {
  it.each(cases)('%s: bytes as the BEP lays them out, nothing beside them', (name, write, hex) => {
    const size = encode.messageSizes[name];
    const buffer = new Uint8Array(size + 6).fill(0xee);
    expect(write(buffer, 3)).toBe(3 + size);
    expect(bytesToHex(buffer)).toBe(`eeeeee${hex}eeeeee`);
  });

  it.each(cases)('%s: refuses to be cut at the end of the buffer', (name, write) => {
    const size = encode.messageSizes[name];
    const full = expect.objectContaining({ code: 'WIRE_BUFFER_SIZE' });
    const buffer = new Uint8Array(size + 1);
    expect(write(buffer, 1)).toBe(size + 1);
    expect(() => write(buffer, 2)).toThrow(full);
  });

  it('covers every size in the table', () => {
    expect(cases.map(([name]) => name).sort()).toEqual(Object.keys(encode.messageSizes).sort());
  });
});

describe('readDontHave', () => {
  it('reads the piece that writeDontHave wrote (BEP 54)', () => {
    const buffer = new Uint8Array(10);
    encode.writeDontHave(buffer, 0, 1, 0xfffffffe);
    expect(readDontHave(buffer.subarray(6))).toBe(0xfffffffe);
  });

  it.each([0, 3, 5])('refuses %i bytes', (length) => {
    expect(() => readDontHave(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'WIRE_MESSAGE_LENGTH' }),
    );
  });
});
