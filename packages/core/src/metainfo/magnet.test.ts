import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MagnetError } from '../common/errors.js';
import { InfoHash } from '../common/info-hash.js';
import { formatMagnet, type Magnet, parseMagnet } from './magnet.js';

const hex = '0123456789abcdef0123456789abcdef01234567';
const xt = `xt=urn:btih:${hex}`;

describe('parseMagnet', () => {
  it('reads every parameter of BEP 9 and BEP 53', () => {
    const magnet = parseMagnet(
      `magnet:?${xt}&dn=My%20file+1%2B1.txt&tr=udp%3A%2F%2Fa.example%3A80&tr=http://b.example/announce` +
        '&x.pe=1.2.3.4:6881&x.pe=[2001:db8::1]:1&x.pe=peer.example:2&so=0,2-3',
    );
    expect({ ...magnet, infoHash: magnet.infoHash.hex }).toEqual({
      infoHash: hex,
      displayName: 'My file 1+1.txt',
      trackers: ['udp://a.example:80', 'http://b.example/announce'],
      peers: [
        { host: '1.2.3.4', port: 6881 },
        { host: '2001:db8::1', port: 1 },
        { host: 'peer.example', port: 2 },
      ],
      selectedFiles: [0, 2, 3],
    });
  });

  it('needs an infohash only', () => {
    const magnet = parseMagnet(`magnet:?${xt}`);
    expect(magnet).toStrictEqual({ infoHash: expect.any(InfoHash), trackers: [], peers: [] });
  });

  it('takes base32 of either case, hexadecimal of either case, escapes, numbered parameters, white space', () => {
    const base32 = 'AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH';
    for (const link of [
      `magnet:?xt=urn:btih:${base32}`,
      `magnet:?xt=urn:btih:${base32.toLowerCase()}`,
      `MAGNET:?XT=URN:BTIH:${hex.toUpperCase()}`,
      `  magnet:?xt.1=urn%3Abtih%3A${hex}\n`,
      `magnet:?xt=urn:btmh:1220aa&xt=urn:btih:${hex}`,
    ]) {
      expect(parseMagnet(link).infoHash.hex).toBe(hex);
    }
    expect(parseMagnet(`magnet:?${xt}&tr.1=http://a/&tr.2=http://b/`).trackers).toEqual([
      'http://a/',
      'http://b/',
    ]);
  });

  it.each([
    ['', 'MAGNET_SYNTAX'],
    ['magnet:', 'MAGNET_SYNTAX'],
    [`http://example.org/?${xt}`, 'MAGNET_SYNTAX'],
    ['\u001b[2J', 'MAGNET_SYNTAX'],
    ['magnet:?', 'MAGNET_NO_INFO_HASH'],
    ['magnet:?dn=x', 'MAGNET_NO_INFO_HASH'],
    ['magnet:?xt', 'MAGNET_NO_INFO_HASH'],
    ['magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C', 'MAGNET_NO_INFO_HASH'],
    ['magnet:?xt=urn:btih:%', 'MAGNET_NO_INFO_HASH'],
    ['magnet:?xt=urn:btmh:1220aa', 'MAGNET_V2_ONLY'],
    ['magnet:?xt=urn:btih:', 'MAGNET_INFO_HASH'],
    [`magnet:?${xt.slice(0, -1)}`, 'MAGNET_INFO_HASH'],
    [`magnet:?${xt}0`, 'MAGNET_INFO_HASH'],
    [`magnet:?${xt.slice(0, -1)}g`, 'MAGNET_INFO_HASH'],
    ['magnet:?xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRL1', 'MAGNET_INFO_HASH'],
    ['magnet:?xt=urn:btih:%1b%5B', 'MAGNET_INFO_HASH'],
    [`magnet:?${xt}&so=3-1`, 'MAGNET_FILE_SELECTION'],
  ])('refuses %j with %s, in a message that is safe to print', (link, code) => {
    expect(() => parseMagnet(link)).toThrow(
      expect.objectContaining({ code, message: expect.not.stringMatching(/\p{Cc}/u) }),
    );
  });

  it('leaves out what is malformed rather than the whole link', () => {
    const magnet = parseMagnet(
      `magnet:?${xt}&dn=%ff&tr=%&tr=&tr=a%20b&x.pe=nonsense&x.pe=1.2.3.4:0&x.pe=1.2.3.4:99999&x.pe=h:1&so=&x&&=`,
    );
    expect(magnet).toStrictEqual({
      infoHash: expect.any(InfoHash),
      trackers: [],
      peers: [{ host: 'h', port: 1 }],
    });
  });

  it('gives a display name that is safe to show and as a file name', () => {
    expect(parseMagnet(`magnet:?${xt}&dn=..%2F..%2F%1b%E2%80%AEx`).displayName).toBe('.._..__x');
    expect(parseMagnet(`magnet:?${xt}&dn=..`)).not.toHaveProperty('displayName');
  });

  it('bounds the link, its trackers and its peers', () => {
    const padded = (length: number): string => `magnet:?${xt}&y=`.padEnd(length, 'z');
    expect(parseMagnet(padded(65_536)).infoHash.hex).toBe(hex);
    expect(() => parseMagnet(padded(65_537))).toThrow(expect.objectContaining({ code: 'MAGNET_TOO_LONG' }));
    const many = Array.from({ length: 201 }, (_, i) => `&tr=http://t/${i}&x.pe=h:${i + 1}`).join('');
    expect(parseMagnet(`magnet:?${xt}${many}`).trackers).toHaveLength(200);
    expect(parseMagnet(`magnet:?${xt}${many}`).peers).toHaveLength(200);
    expect(parseMagnet(`magnet:?${xt}&tr=http://t/1&tr=http://t/1`).trackers).toHaveLength(1);
  });

  it('throws nothing but MagnetError, whatever the text', () => {
    const parts = fc.constantFrom(
      'magnet:?',
      xt,
      'xt=urn:btih:',
      '&',
      '=',
      'tr=',
      'dn=',
      'x.pe=',
      'so=',
      '%',
      '%ff',
      '1-',
      '[::1]:1',
    );
    const text = fc
      .array(fc.oneof(parts, fc.string({ unit: 'binary', maxLength: 5 })))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((rest) => `magnet:?${xt}&${rest}`),
        ),
        (link) => {
          try {
            parseMagnet(link);
          } catch (error) {
            expect(error).toBeInstanceOf(MagnetError);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  }, 60_000);
});

describe('formatMagnet', () => {
  it('writes a link that other engines read: peers are not escaped', () => {
    const link = formatMagnet({
      infoHash: InfoHash.fromHex(hex),
      displayName: 'a b&c',
      trackers: ['http://t/?a=1&b=2'],
      peers: [
        { host: '1.2.3.4', port: 5 },
        { host: '2001:db8::1', port: 6 },
      ],
      selectedFiles: [1, 2, 3],
    });
    expect(link).toBe(
      `magnet:?${xt}&dn=a%20b%26c&tr=http%3A%2F%2Ft%2F%3Fa%3D1%26b%3D2&x.pe=1.2.3.4:5&x.pe=[2001:db8::1]:6&so=1-3`,
    );
  });

  it('round-trips', () => {
    const name = fc.constantFrom('a', 'ä b+c', '100%', 'a&b=c', '語', '😀.txt');
    const magnets: fc.Arbitrary<Magnet> = fc.record(
      {
        infoHash: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => InfoHash.fromBytes(bytes)),
        displayName: name,
        trackers: fc.uniqueArray(fc.webUrl({ withQueryParameters: true, withFragments: true }), {
          maxLength: 4,
        }),
        peers: fc.array(
          fc.record({
            host: fc.oneof(
              fc.ipV4(),
              fc.ipV6(),
              fc.domain(),
              fc.constantFrom('fe80::1%eth0', 'bücher.example'),
            ),
            port: fc.integer({ min: 1, max: 65_535 }),
          }),
          { maxLength: 4 },
        ),
        selectedFiles: fc
          .uniqueArray(fc.nat({ max: 99 }), { minLength: 1 })
          .map((indices) => indices.sort((a, b) => a - b)),
      },
      { requiredKeys: ['infoHash', 'trackers', 'peers'] },
    );
    fc.assert(
      fc.property(magnets, (magnet) => {
        const { infoHash, ...rest } = parseMagnet(formatMagnet(magnet));
        const { infoHash: expectedHash, ...expected } = magnet;
        expect(infoHash.hex).toBe(expectedHash.hex);
        expect(rest).toEqual(expected);
      }),
    );
  });

  it('writes a link even where text holds an unpaired surrogate', () => {
    const magnet = { infoHash: InfoHash.fromHex(hex), displayName: 'a\ud800', trackers: [], peers: [] };
    expect(formatMagnet(magnet)).toBe(`magnet:?${xt}&dn=a%EF%BF%BD`);
  });
});
