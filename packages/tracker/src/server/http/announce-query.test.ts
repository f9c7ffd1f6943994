import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnnounceQuery, readScrapeQuery } from './announce-query.js';

const hash = '%00%ff%251%2b+abcdefghijklmn';
const base = { info_hash: hash, peer_id: '-XX0001-012345678901', port: '6881', left: '100' };

/** The query with some parameters replaced, or left out where they are `undefined`. */
function query(changes: Readonly<Record<string, string | undefined>> = {}): string {
  return Object.entries({ ...base, ...changes })
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join('&');
}

const read = (changes?: Readonly<Record<string, string | undefined>>) =>
  readAnnounceQuery(query(changes), '192.0.2.1');

describe('an announce', () => {
  it('has what the query says, and defaults for the rest', () => {
    expect(read()).toEqual({
      request: {
        infoHash: '\x00\xff%1++abcdefghijklmn',
        peerId: '-XX0001-012345678901',
        peer: { address: '192.0.2.1', port: 6881, family: 4 },
        event: 'none',
        uploadedBytes: 0,
        downloadedBytes: 0,
        leftBytes: 100,
        wantedPeers: undefined,
      },
      form: { isCompact: true, omitsPeerIds: false },
    });
  });

  it.each([
    [{ event: 'started' }, { event: 'started' }],
    [{ event: 'stopped' }, { event: 'stopped' }],
    [
      { event: 'completed', left: '0' },
      { event: 'completed', leftBytes: 0 },
    ],
    [{ event: '' }, { event: 'none' }],
    [{ event: 'paused' }, { event: 'none' }],
    [{ event: '__proto__' }, { event: 'none' }],
    [{ numwant: '7' }, { wantedPeers: 7 }],
    [{ numwant: '0' }, { wantedPeers: 0 }],
    [{ numwant: '-1' }, { wantedPeers: undefined }],
    [{ left: '18446744073709551615' }, { leftBytes: Number.MAX_SAFE_INTEGER }],
    [
      { uploaded: '5', downloaded: '6' },
      { uploadedBytes: 5, downloadedBytes: 6 },
    ],
  ])('%j', (changes, expected) => {
    expect(read(changes)).toMatchObject({ request: expected });
  });

  it('asks for dictionaries with or without peer ids', () => {
    expect(read({ compact: '0', no_peer_id: '1' })).toMatchObject({
      form: { isCompact: false, omitsPeerIds: true },
    });
  });

  it('says nothing of other addresses, however they are written', () => {
    expect(read({ ip: '203.0.113.9', ipv4: '203.0.113.9:1', ipv6: '%zz' })).toEqual(read());
  });

  it.each([
    [
      'info_hash',
      [undefined, '', 'abc', `${hash}x`, '%', '%4', '%4g', `${'%00'.repeat(19)}%`, 'é'.repeat(20)],
    ],
    ['peer_id', [undefined, '', 'short', 'a'.repeat(21), '%%'.repeat(10)]],
    ['port', [undefined, '', '0', '65536', '-1', '1.5', '0x50', ' 80', '9'.repeat(30), 'NaN', '１２']],
    ['left', [undefined, '', '-1', '1e3', '9'.repeat(21), 'all', '%00']],
    ['uploaded', ['', '-1', 'x', '1.0']],
    ['downloaded', ['', '-1', 'x', 'Infinity']],
    ['numwant', ['', 'x', '--1', '1e9', '9'.repeat(21)]],
  ])("'%s' is refused when it is one of %j", (name, values) => {
    for (const value of values) expect(read({ [name]: value }), value).toMatch(`'${name}'`);
  });

  it.each(Object.keys(base))("'%s' is refused when it is there twice", (name) => {
    expect(readAnnounceQuery(`${query()}&${name}=1`, '192.0.2.1')).toMatch(`'${name}' is there twice`);
  });

  it('is one, or a line that says why not, whatever the query', () => {
    const names = fc.constantFrom('info_hash', 'peer_id', 'port', 'left', 'event', 'numwant', 'compact', '');
    const values = fc.oneof(
      fc.constantFrom(hash, base.peer_id, '6881', '0', '-1', '%', '%zz', '='),
      fc.string({ unit: 'binary' }),
    );
    const queries = fc
      .array(fc.tuple(names, values).map((pair) => pair.join('=')))
      .map((list) => list.join('&'));
    fc.assert(
      fc.property(queries, (text) => {
        const asked = readAnnounceQuery(text, '2001:db8::1');
        if (typeof asked === 'string') expect(asked).toMatch(/^[\x20-\x7e]+$/);
        else expect([asked.request.infoHash.length, asked.request.peerId.length]).toEqual([20, 20]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a scrape', () => {
  const other = '%01'.repeat(20);

  it('names torrents, each of which counts once', () => {
    const query = `info_hash=${hash}&x=y&info_hash=${other}&info_hash=${other}`;
    expect(readScrapeQuery(query, 3)).toEqual(['\x00\xff%1++abcdefghijklmn', '\x01'.repeat(20)]);
  });

  it('names no more than it may', () => {
    expect(readScrapeQuery(`info_hash=${other}&info_hash=${other}`, 1)).toBe('more than 1 torrents');
  });

  it.each(['', 'x=y', 'info_hash', 'info_hash=', 'info_hash=abc', `info_hash=${other}%`])(
    'is not %j',
    (query) => {
      expect(readScrapeQuery(query, 3)).toEqual(expect.any(String));
      expect(Array.isArray(readScrapeQuery(query, 3))).toBe(false);
    },
  );
});
