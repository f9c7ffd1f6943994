import { bytesToHex, hexToBytes } from '@peerloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFakeHandshake,
  decodeFakeMessage,
  encodeFakeHandshake,
  encodeFakeMessage,
  type FakeMessage,
  fakeReservedBytes,
} from './fake-message.js';
import { StreamReader } from './stream-reader.js';

const bytes = (hex: string): Uint8Array => hexToBytes(hex) ?? new Uint8Array(0);

const examples: [FakeMessage, string][] = [
  [{ type: 'keepAlive' }, '00000000'],
  [{ type: 'choke' }, '0000000100'],
  [{ type: 'unchoke' }, '0000000101'],
  [{ type: 'interested' }, '0000000102'],
  [{ type: 'notInterested' }, '0000000103'],
  [{ type: 'have', piece: 0x01020304 }, '000000050401020304'],
  [{ type: 'bitfield', bits: bytes('a0') }, '0000000205a0'],
  [{ type: 'request', piece: 1, begin: 0x4000, length: 0x8000 }, '0000000d06000000010000400000008000'],
  [{ type: 'piece', piece: 2, begin: 3, bytes: bytes('cafe') }, '0000000b070000000200000003cafe'],
  [{ type: 'cancel', piece: 1, begin: 2, length: 3 }, '0000000d08000000010000000200000003'],
  [{ type: 'port', port: 6881 }, '00000003091ae1'],
  [{ type: 'suggest', piece: 9 }, '000000050d00000009'],
  [{ type: 'haveAll' }, '000000010e'],
  [{ type: 'haveNone' }, '000000010f'],
  [{ type: 'reject', piece: 1, begin: 2, length: 3 }, '0000000d10000000010000000200000003'],
  [{ type: 'allowedFast', piece: 5 }, '000000051100000005'],
  [{ type: 'extended', id: 3, payload: bytes('6465') }, '0000000414036465'],
  [{ type: 'raw', id: 0x77, payload: bytes('01') }, '000000027701'],
];

describe('messages of fake peers', () => {
  it.each(examples)('%o is written as BEP 3, 5, 6 and 10 say', (message, hex) => {
    expect(bytesToHex(encodeFakeMessage(message))).toBe(hex);
    expect(decodeFakeMessage(bytes(hex).subarray(4))).toEqual(message);
  });

  it.each(['00aa', '04000000', `06${'00'.repeat(11)}`, `07${'00'.repeat(7)}`, '09aa', '14', '0e00'])(
    'keeps a message of the wrong length as it is: %s',
    (hex) => {
      const body = bytes(hex);
      expect(decodeFakeMessage(body)).toEqual({ type: 'raw', id: body[0], payload: body.subarray(1) });
    },
  );

  it('writes and reads handshakes', () => {
    const handshake = {
      reserved: fakeReservedBytes({ extensionProtocol: true, fast: true, dht: true }),
      infoHash: new Uint8Array(20).fill(1),
      peerId: new Uint8Array(20).fill(2),
    };
    const encoded = encodeFakeHandshake(handshake);
    expect(bytesToHex(encoded)).toBe(
      `13426974546f7272656e742070726f746f636f6c0000000000100005${'01'.repeat(20)}${'02'.repeat(20)}`,
    );
    expect(decodeFakeHandshake(encoded)).toEqual(handshake);
    encoded[1] = 0;
    expect(decodeFakeHandshake(encoded)).toBeUndefined();
    expect(() => encodeFakeHandshake({ ...handshake, peerId: new Uint8Array(19) })).toThrow(/68 bytes/);
  });
});

describe('StreamReader', () => {
  it('finds the frames of a stream that is cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...examples), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (chosen, cuts) => {
          const stream = Buffer.concat(chosen.map(([message]) => encodeFakeMessage(message)));
          const reader = new StreamReader();
          const found: FakeMessage[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const length = cuts[i % cuts.length] ?? 1;
            reader.push(stream.subarray(at, at + length));
            at += length;
            for (let body = reader.takeFrame(); body; body = reader.takeFrame()) {
              found.push(decodeFakeMessage(body));
            }
          }
          expect(found).toEqual(chosen.map(([message]) => message));
          expect(reader.takeFrame()).toBeUndefined();
        },
      ),
    );
  });
});
