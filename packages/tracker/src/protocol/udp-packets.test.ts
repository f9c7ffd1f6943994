import { endpoint } from '@peerloom/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUdpOptions, encodeUdpOptions } from './udp-options.js';
import { decodeUdpReply, encodeUdpReply, type UdpReply } from './udp-reply.js';
import { decodeUdpRequest, encodeUdpRequest, type UdpRequest } from './udp-request.js';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const count = fc.maxSafeNat();
const hash = fc.uint8Array({ minLength: 20, maxLength: 20 });
const port = fc.integer({ min: 0, max: 65_535 });

const requests: fc.Arbitrary<UdpRequest> = fc.oneof(
  fc.record({ action: fc.constant('connect' as const), transactionId: uint32 }),
  fc.record({
    action: fc.constant('announce' as const),
    connectionId: uint64,
    transactionId: uint32,
    infoHash: hash,
    peerId: hash,
    downloadedBytes: count,
    leftBytes: count,
    uploadedBytes: count,
    event: fc.constantFrom('none' as const, 'started' as const, 'completed' as const, 'stopped' as const),
    address: fc.option(
      fc.ipV4().filter((address) => address !== '0.0.0.0'),
      { nil: undefined },
    ),
    key: uint32,
    numWant: fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { nil: undefined }),
    port,
    urlData: fc.webPath(),
  }),
  fc.record({
    action: fc.constant('scrape' as const),
    connectionId: uint64,
    transactionId: uint32,
    infoHashes: fc.array(hash, { minLength: 1, maxLength: 74 }),
  }),
);

const repliesOf = (family: 4 | 6): fc.Arbitrary<UdpReply> => {
  const address = family === 4 ? fc.ipV4() : fc.ipV6();
  const peer = fc.tuple(address, port).map(([host, number]) => endpoint(host, number));
  const counts = fc.record({ seeders: uint32, completed: uint32, leechers: uint32 });
  return fc.oneof(
    fc.record({ action: fc.constant('connect' as const), transactionId: uint32, connectionId: uint64 }),
    fc.record({
      action: fc.constant('announce' as const),
      transactionId: uint32,
      intervalS: uint32,
      leechers: uint32,
      seeders: uint32,
      peers: fc.array(peer.filter((one) => one.family === family)),
    }),
    fc.record({
      action: fc.constant('scrape' as const),
      transactionId: uint32,
      counts: fc.array(counts, { maxLength: 74 }),
    }),
    fc.record({ action: fc.constant('error' as const), transactionId: uint32, message: fc.lorem() }),
  );
};

describe('requests of a UDP tracker', () => {
  it('have the form of BEP 15', () => {
    const connect = { action: 'connect', transactionId: 0x0a0b0c0d } as const;
    expect(hexOf(encodeUdpRequest(connect))).toBe(['0000041727101980', '00000000', '0a0b0c0d'].join(''));
    const announce = {
      action: 'announce',
      connectionId: 0x0102030405060708n,
      transactionId: 0x0a0b0c0d,
      infoHash: new Uint8Array(20).fill(0xaa),
      peerId: new Uint8Array(20).fill(0xbb),
      downloadedBytes: 1,
      leftBytes: 2 ** 33,
      uploadedBytes: 3,
      event: 'started',
      address: undefined,
      key: 0xffff_fffe,
      numWant: undefined,
      port: 6881,
      urlData: '/a',
    } as const;
    expect(hexOf(encodeUdpRequest(announce))).toBe(
      [
        ...['0102030405060708', '00000001', '0a0b0c0d', 'aa'.repeat(20), 'bb'.repeat(20)],
        ...['0000000000000001', '0000000200000000', '0000000000000003', '00000002', '00000000'],
        ...['fffffffe', 'ffffffff', '1ae1', '0202', '2f61'],
      ].join(''),
    );
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(decodeUdpRequest(encodeUdpRequest(request))).toEqual(request);
      }),
    );
  });

  it('are not read from packets that are cut short', () => {
    fc.assert(
      fc.property(requests, fc.nat(), (request, cut) => {
        const bytes = encodeUdpRequest(request);
        const needed = request.action === 'announce' ? 98 : bytes.length;
        const part = bytes.subarray(0, cut % needed);
        if (request.action === 'scrape' && part.length > 16 && (part.length - 16) % 20 === 0) return;
        expect(decodeUdpRequest(part)).toBeUndefined();
      }),
    );
  });

  it('may be any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeUdpRequest(bytes)));
  });

  it('ask for 74 torrents at most', () => {
    const scrape = (hashes: number): Uint8Array =>
      encodeUdpRequest({
        action: 'scrape',
        connectionId: 1n,
        transactionId: 2,
        infoHashes: Array.from({ length: hashes }, () => new Uint8Array(20)),
      });
    expect(decodeUdpRequest(scrape(74))).toBeDefined();
    expect(decodeUdpRequest(scrape(75))).toBeUndefined();
    expect(decodeUdpRequest(scrape(0))).toBeUndefined();
  });
});

describe('replies of a UDP tracker', () => {
  it.each([4, 6] as const)('come back as they were, through a socket of IPv%i', (family) => {
    fc.assert(
      fc.property(repliesOf(family), (reply) => {
        expect(decodeUdpReply(encodeUdpReply(reply, family), family)).toEqual(reply);
      }),
    );
  });

  it('have peers of 6 or 18 bytes, by the family of the socket; a cut one is left out', () => {
    const head = '00000001' + '0a0b0c0d' + '00000708' + '00000005' + '00000002';
    const v4 = Buffer.from(`${head}c00002011ae1c000`, 'hex');
    expect(decodeUdpReply(v4, 4)).toEqual({
      action: 'announce',
      transactionId: 0x0a0b0c0d,
      intervalS: 1800,
      leechers: 5,
      seeders: 2,
      peers: [endpoint('192.0.2.1', 6881)],
    });
    const v6 = Buffer.from(`${head}20010db80000000000000000000000011ae1`, 'hex');
    expect(decodeUdpReply(v6, 6)).toMatchObject({ peers: [endpoint('2001:db8::1', 6881)] });
  });

  it('may be any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(4 as const, 6 as const),
        (bytes, family) => {
          void decodeUdpReply(bytes, family);
        },
      ),
    );
  });
});

describe('options of an announce', () => {
  it('carry path and query in parts of 255 bytes (BEP 41)', () => {
    expect(hexOf(encodeUdpOptions('/a?b'))).toBe('02042f613f62');
    expect(encodeUdpOptions('x'.repeat(300)).length).toBe(300 + 4);
    fc.assert(
      fc.property(fc.string({ maxLength: 1000 }), (text) => {
        expect(decodeUdpOptions(encodeUdpOptions(text))).toBe(text);
      }),
    );
  });

  it('end, are padded, and may be unknown', () => {
    expect(decodeUdpOptions(Buffer.from('0102022f61' + '7f01ff' + '02012f' + '00ff', 'hex'))).toBe('/a/');
  });

  it('are refused where one is longer than what is there, or all of them too long', () => {
    expect(decodeUdpOptions(Buffer.from('02', 'hex'))).toBeUndefined();
    expect(decodeUdpOptions(Buffer.from('02032f61', 'hex'))).toBeUndefined();
    expect(decodeUdpOptions(encodeUdpOptions('x'.repeat(4096)))).toHaveLength(4096);
    expect(decodeUdpOptions(encodeUdpOptions('x'.repeat(4097)))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void decodeUdpOptions(bytes)));
  });
});
