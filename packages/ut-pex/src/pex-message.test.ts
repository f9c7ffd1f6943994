import { type BencodeInput, encode, endpoint } from '@peerloom/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PexMessage, pexMessage } from './pex-message.js';

const { codec, maxBytes } = pexMessage;

const address = fc.oneof(fc.ipV4(), fc.ipV6());
const port = fc.integer({ min: 1, max: 65_535 });
const endpoints = fc.tuple(address, port).map(([host, number]) => endpoint(host, number));
const flags = fc.record(
  {
    prefersEncryption: fc.constant(true),
    isSeed: fc.constant(true),
    supportsUtp: fc.constant(true),
    supportsHolepunch: fc.constant(true),
    isReachable: fc.constant(true),
  },
  { requiredKeys: [] },
);
const contacts = fc.record({ endpoint: endpoints, flags });

/** What a dictionary of these fields decodes to. */
function decoded(dict: BencodeInput): PexMessage {
  return codec.decode(encode(dict));
}

const v4 = Uint8Array.of(192, 0, 2, 1, 0x1a, 0xe1);
const v6 = Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x1a, 0xe1);

describe('the message ut_pex', () => {
  it('has the form of BEP 11', () => {
    const message: PexMessage = {
      type: 'update',
      added: [
        { endpoint: endpoint('192.0.2.1', 6881), flags: { prefersEncryption: true, isReachable: true } },
        {
          endpoint: endpoint('2001:db8::1', 6881),
          flags: { isSeed: true, supportsUtp: true, supportsHolepunch: true },
        },
      ],
      dropped: [endpoint('192.0.2.1', 6881), endpoint('2001:db8::1', 6881)],
    };
    const dict = {
      added: v4,
      'added.f': Uint8Array.of(0x11),
      added6: v6,
      'added6.f': Uint8Array.of(0x0e),
      dropped: v4,
      dropped6: v6,
    };
    expect(Buffer.from(codec.encode(message)).toString('latin1')).toBe(
      Buffer.from(encode(dict)).toString('latin1'),
    );
    expect(decoded(dict)).toEqual(message);
  });

  it('leaves out fields that say nothing', () => {
    const message: PexMessage = { type: 'update', added: [], dropped: [endpoint('192.0.2.1', 6881)] };
    expect(codec.encode(message)).toEqual(encode({ dropped: v4 }));
  });

  it('says the same after a round trip', () => {
    fc.assert(
      fc.property(
        fc.array(contacts, { maxLength: 100 }),
        fc.array(endpoints, { maxLength: 50 }),
        (added, dropped) => {
          const byFamily = <T>(items: T[], familyOf: (item: T) => number): T[] => [
            ...items.filter((item) => familyOf(item) === 4),
            ...items.filter((item) => familyOf(item) === 6),
          ];
          const bytes = codec.encode({ type: 'update', added, dropped });
          expect(bytes.length).toBeLessThanOrEqual(maxBytes);
          expect(codec.decode(bytes)).toEqual({
            type: 'update',
            added: byFamily(added, (item) => item.endpoint.family),
            dropped: byFamily(dropped, (item) => item.family),
          });
        },
      ),
    );
  });

  it('knows an IPv4-mapped IPv6 address for what it is', () => {
    const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 0x1a, 0xe1);
    expect(decoded({ added6: mapped })).toMatchObject({ added: [{ endpoint: endpoint('10.0.0.1', 6881) }] });
  });

  it('takes flags for optional, and ignores reserved bits, fields it does not know, and empty ones', () => {
    const added = [{ endpoint: endpoint('192.0.2.1', 6881), flags: {} }];
    expect(decoded({ added: v4 })).toEqual({ type: 'update', added, dropped: [] });
    expect(decoded({ added: v4, 'added.f': Uint8Array.of(0xe0) })).toEqual({
      type: 'update',
      added,
      dropped: [],
    });
    expect(decoded({ other: [1, {}], added: '', dropped: '' })).toEqual({
      type: 'update',
      added: [],
      dropped: [],
    });
  });

  it.each<[string, BencodeInput]>([
    ["'added' is no string", { added: 1 }],
    ["'added' has 7 bytes", { added: 'a'.repeat(7) }],
    ["'added.f' is no string", { added: v4, 'added.f': [] }],
    ["'added.f' has 2 flags for 1 contacts", { added: v4, 'added.f': 'ab' }],
    ["'added.f' has 1 flags for 0 contacts", { 'added.f': 'a' }],
    ["'added6' is no string", { added6: {} }],
    ["'added6' has 6 bytes", { added6: v4 }],
    ["'added6.f' is no string", { added6: v6, 'added6.f': 3 }],
    ["'added6.f' has 0 flags for 1 contacts", { added6: v6, 'added6.f': '' }],
    ["'dropped' is no string", { dropped: [v4] }],
    ["'dropped' has 5 bytes", { dropped: v4.subarray(1) }],
    ["'dropped6' is no string", { dropped6: 0 }],
    ["'dropped6' has 17 bytes", { dropped6: v6.subarray(1) }],
    ['not a dictionary', [v4]],
  ])('is malformed where %s', (problem, dict) => {
    expect(decoded(dict)).toEqual({ type: 'malformed', problem });
  });

  it('never throws, whatever the bytes', () => {
    const field = fc.constantFrom('added', 'added.f', 'added6', 'added6.f', 'dropped', 'dropped6');
    const value = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.integer(), fc.constant([]), fc.constant({}));
    const dictionary = fc.dictionary(field, value, { maxKeys: 6 }).map((dict) => encode(dict));
    const damaged = fc.tuple(dictionary, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
      const copy = bytes.slice();
      copy[at % copy.length] = byte;
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), dictionary, damaged), (bytes) => {
        const message = codec.decode(bytes);
        if (message.type === 'malformed') return;
        expect(message.added.length + message.dropped.length).toBeLessThanOrEqual(bytes.length / 6);
      }),
      { numRuns: 2000 },
    );
  });
});
