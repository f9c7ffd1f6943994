import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BencodeInput, decode, encode } from '../bencode/bencode.js';
import { concatBytes, utf8 } from '../common/bytes.js';
import { MetainfoError } from '../common/errors.js';
import { type BuildMetainfoOptions, buildMetainfo, choosePieceLength, parseMetainfo } from './metainfo.js';
import { parseInfo } from './torrent-info.js';

const KiB = 1024;
const MiB = 1024 * KiB;

const info: BencodeInput = { name: 'f', 'piece length': 16 * KiB, pieces: new Uint8Array(20), length: 10 };

function torrent(outside: Record<string, BencodeInput> = {}): Uint8Array {
  return encode({ info, ...outside });
}

function fault(code: string, message = ''): unknown {
  return expect.objectContaining({ name: 'MetainfoError', code, message: expect.stringContaining(message) });
}

describe('parseMetainfo', () => {
  it('needs an info dictionary only', () => {
    const parsed = parseMetainfo(torrent());
    expect(parsed).toStrictEqual({ info: parsed.info, trackers: [], webSeeds: [] });
    expect(parsed.info.name).toBe('f');
  });

  it('takes the infohash over the bytes of info as they are in the file', () => {
    // Keys out of order, and one that is no UTF-8: encoding what was decoded would give other bytes.
    const raw = concatBytes(
      utf8('d6:pieces20:aaaaaaaaaaaaaaaaaaaa6:lengthi1e4:name1:n12:piece lengthi1024e1:'),
      Uint8Array.of(0xff),
      utf8('i1ee'),
    );
    const file = concatBytes(utf8('d8:announce8:http://x4:info'), raw, utf8('4:spam0:e'));
    const parsed = parseMetainfo(file);
    expect(parsed.info.infoHash.hex).toBe(parseInfo(raw).infoHash.hex);
    expect(parsed.info.raw).toEqual(raw);
    expect(parsed.info.raw.buffer.byteLength).toBe(raw.length);
    expect(parsed.info.pieceHash(0)).toEqual(utf8('aaaaaaaaaaaaaaaaaaaa'));
  });

  it('reads text, date and web seeds beside it (BEP 3, BEP 19)', () => {
    const parsed = parseMetainfo(
      torrent({
        announce: 'http://t/announce',
        comment: 'hällo',
        'created by': 'someone 1.0',
        'creation date': 1_700_000_000,
        'url-list': ['http://w/1', 'http://w/2', 7],
      }),
    );
    expect(parsed).toMatchObject({
      trackers: [['http://t/announce']],
      webSeeds: ['http://w/1', 'http://w/2'],
      comment: 'hällo',
      createdBy: 'someone 1.0',
      creationTimeMs: 1_700_000_000_000,
    });
    expect(parseMetainfo(torrent({ 'url-list': 'http://w/' })).webSeeds).toEqual(['http://w/']);
    expect(parseMetainfo(torrent({ comment: Uint8Array.of(0xff), 'comment.utf-8': 'c' })).comment).toBe('c');
  });

  it('reads tiers, which replace announce (BEP 12)', () => {
    const tiers = [['http://a/', 'http://b/'], ['udp://c:1']];
    expect(parseMetainfo(torrent({ announce: 'http://z/', 'announce-list': tiers })).trackers).toEqual(tiers);
    expect(parseMetainfo(torrent({ 'announce-list': ['http://a/', 'http://b/'] })).trackers).toEqual([
      ['http://a/'],
      ['http://b/'],
    ]);
  });

  it.each<[string, Record<string, BencodeInput>]>([
    ['no list', { 'announce-list': 'x', announce: 'http://z/' }],
    ['empty', { 'announce-list': [[], [''], [1, {}]], announce: 'http://z/' }],
  ])('falls back to announce where the tiers are %s', (_, outside) => {
    expect(parseMetainfo(torrent(outside)).trackers).toEqual([['http://z/']]);
  });

  it.each<[string, Record<string, BencodeInput>]>([
    ['lists for text', { announce: [], comment: [], 'created by': {}, 'creation date': 'x', 'url-list': 1 }],
    [
      'bytes that are no text',
      { announce: Uint8Array.of(0xff), comment: Uint8Array.of(0xff), 'created by': Uint8Array.of(0xc0) },
    ],
    ['a date that no calendar has', { 'creation date': Number.MAX_SAFE_INTEGER }],
    ['piece layers of a hybrid (BEP 52)', { 'piece layers': {} }],
  ])('leaves out %s', (_, outside) => {
    const parsed = parseMetainfo(torrent(outside));
    expect(parsed).toStrictEqual({ info: parsed.info, trackers: [], webSeeds: [] });
  });

  it('reads dates up to the last that a calendar has', () => {
    expect(parseMetainfo(torrent({ 'creation date': 8.64e12 })).creationTimeMs).toBe(8.64e15);
    expect(parseMetainfo(torrent({ 'creation date': 8.64e12 + 1 }))).not.toHaveProperty('creationTimeMs');
    expect(parseMetainfo(torrent({ 'creation date': -1 })).creationTimeMs).toBe(-1_000);
  });

  it.each<[string, Uint8Array, string, string]>([
    ['nothing', new Uint8Array(), 'METAINFO_BENCODE', 'torrent file: the input ends'],
    [
      'a web page',
      utf8('<!DOCTYPE html>'),
      'METAINFO_BENCODE',
      'byte 0x3c where a value is expected, at byte 0',
    ],
    ['a list', utf8('le'), 'METAINFO_BENCODE', 'must be a dictionary'],
    ['no info', utf8('de'), 'METAINFO_NO_INFO', 'no info'],
    ['an info that is no dictionary', utf8('d4:infoi1ee'), 'METAINFO_BENCODE', 'info must be a dictionary'],
    ['two infos', concatBytes(utf8('d4:infode'), utf8('4:infodee')), 'METAINFO_BENCODE', "'info' twice"],
    ['more than the file', concatBytes(torrent(), utf8('\n')), 'METAINFO_BENCODE', '1 bytes after the value'],
    ['an empty info', utf8('d4:infodee'), 'METAINFO_PIECES', 'info.pieces'],
  ])('refuses %s', (_, bytes, code, message) => {
    expect(() => parseMetainfo(bytes)).toThrow(fault(code, message));
  });

  it('takes files of 64 MiB and no byte more', () => {
    const overhead = torrent({ padding: new Uint8Array(60 * MiB) }).length - 60 * MiB;
    const withBytes = (length: number): Uint8Array => torrent({ padding: new Uint8Array(length - overhead) });
    expect(parseMetainfo(withBytes(64 * MiB)).info.name).toBe('f');
    expect(() => parseMetainfo(withBytes(64 * MiB + 1))).toThrow(
      fault('METAINFO_TOO_LARGE', 'the torrent file'),
    );
  }, 60_000);

  it('throws nothing but MetainfoError for any damage to a file', () => {
    const file = torrent({ announce: 'http://t/', 'announce-list': [['http://t/']], 'creation date': 5 });
    fc.assert(
      fc.property(
        fc.nat({ max: file.length - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        (at, damage) => {
          const damaged = file.slice();
          damaged.set(damage.subarray(0, file.length - at), at);
          try {
            parseMetainfo(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(MetainfoError);
          }
        },
      ),
      { numRuns: 2_000 },
    );
    for (let end = 0; end < file.length; end++) {
      expect(() => parseMetainfo(file.subarray(0, end))).toThrow(fault('METAINFO_BENCODE'));
    }
  }, 60_000);
});

describe('buildMetainfo', () => {
  const single: BuildMetainfoOptions = {
    name: 'file.bin',
    files: [{ path: ['file.bin'], lengthBytes: 40 * KiB }],
    isSingleFile: true,
    pieceLength: 16 * KiB,
    pieceHashes: Uint8Array.from({ length: 60 }, (_, i) => i),
  };
  const multi: BuildMetainfoOptions = {
    ...single,
    name: 'folder',
    files: [
      { path: ['a', 'b.txt'], lengthBytes: 40 * KiB },
      { path: ['empty'], lengthBytes: 0 },
    ],
    isSingleFile: false,
  };

  it('makes the file that BEP 3 describes, without keys it was not asked for', () => {
    const start = utf8('d4:infod6:lengthi40960e4:name8:file.bin12:piece lengthi16384e6:pieces60:');
    expect(buildMetainfo(single)).toEqual(concatBytes(start, single.pieceHashes, utf8('ee')));
    expect(buildMetainfo({ ...single, isPrivate: false })).toEqual(buildMetainfo(single));
  });

  it('makes what parseMetainfo reads back', () => {
    const bytes = buildMetainfo({
      ...multi,
      trackers: [['http://a/', 'http://b/'], ['udp://c:1']],
      isPrivate: true,
      comment: 'a comment',
      createdBy: 'maker 1',
      creationTimeMs: 1_700_000_000_999,
    });
    const parsed = parseMetainfo(bytes);
    expect(parsed).toMatchObject({
      trackers: [['http://a/', 'http://b/'], ['udp://c:1']],
      webSeeds: [],
      comment: 'a comment',
      createdBy: 'maker 1',
      creationTimeMs: 1_700_000_000_000,
    });
    expect(parsed.info).toMatchObject({ name: 'folder', isPrivate: true });
    expect(parsed.info.layout.files.map(({ path, lengthBytes }) => [path.join('/'), lengthBytes])).toEqual([
      ['folder/a/b.txt', 40 * KiB],
      ['folder/empty', 0],
    ]);
    expect(parsed.info.pieceHash(2)[0]).toBe(40);
  });

  it('writes one tracker as announce alone, and a date of 1970 (BEP 12)', () => {
    const one = decode(buildMetainfo({ ...single, trackers: [[], ['http://a/']], creationTimeMs: 0 }));
    expect(one).toMatchObject({ announce: utf8('http://a/'), 'creation date': 0 });
    expect(one).not.toHaveProperty('announce-list');
    const two = decode(buildMetainfo({ ...single, trackers: [['http://a/'], [], ['http://b/']] }));
    expect(two).toMatchObject({
      announce: utf8('http://a/'),
      'announce-list': [[utf8('http://a/')], [utf8('http://b/')]],
    });
  });

  it.each<[string, Partial<BuildMetainfoOptions>, string]>([
    ['hashes that do not fit the data', { pieceHashes: new Uint8Array(40) }, 'METAINFO_PIECES'],
    ['a piece length out of range', { pieceLength: 512 }, 'METAINFO_PIECE_LENGTH'],
    ['a piece length that is no integer', { pieceLength: 16_384.5 }, 'METAINFO_BENCODE'],
    [
      'no data',
      { files: [{ path: ['x'], lengthBytes: 0 }], pieceHashes: new Uint8Array() },
      'METAINFO_LENGTH',
    ],
    ['two files as a single one', { files: multi.files }, 'METAINFO_FILES'],
    ['no file', { files: [] }, 'METAINFO_FILES'],
    ['text that has no UTF-8', { comment: '\ud800' }, 'METAINFO_BENCODE'],
    ['a date that is none', { creationTimeMs: Number.NaN }, 'METAINFO_BENCODE'],
    ['a tracker that is no URL', { trackers: [['http://a/ b']] }, 'METAINFO_TRACKER'],
    ['an empty tracker', { trackers: [['']] }, 'METAINFO_TRACKER'],
    [
      'too many trackers',
      { trackers: [Array.from({ length: 201 }, (_, i) => `http://${i}/`)] },
      'METAINFO_TRACKER',
    ],
  ])('refuses %s', (_, changes, code) => {
    expect(() => buildMetainfo({ ...single, ...changes })).toThrow(fault(code));
  });

  it.each<[string, string[][], string]>([
    ['would be changed to be safe', [['a', 'x\u001b']], "'folder/a/x\\u{1b}' would be read as 'folder/a/x_'"],
    ['leads outside', [['..', 'x']], "'folder/../x' would be read as 'folder/x'"],
    [
      'differs from another in case only',
      [['Makefile'], ['makefile']],
      "'folder/makefile' would be read as 'folder/makefile.1'",
    ],
    ['is the folder of another', [['a'], ['a', 'b']], "'folder/a' would be read as 'folder/a.1'"],
  ])('refuses a path that %s, since the data would not be found again', (_, paths, message) => {
    const files = paths.map((path) => ({ path, lengthBytes: KiB }));
    const options = { ...multi, files, pieceHashes: new Uint8Array(20) };
    expect(() => buildMetainfo(options)).toThrow(fault('METAINFO_PATH', message));
  });

  it('refuses an empty path and a name that would be changed', () => {
    const files = [{ path: [], lengthBytes: 40 * KiB }];
    expect(() => buildMetainfo({ ...multi, files })).toThrow(fault('METAINFO_PATH', 'info.files[0].path'));
    expect(() => buildMetainfo({ ...single, name: '.peerloom' })).toThrow(fault('METAINFO_PATH'));
    expect(() => buildMetainfo({ ...single, name: '' })).toThrow(fault('METAINFO_PATH'));
  });
});

describe('choosePieceLength', () => {
  it('gives at most 2 048 pieces from 16 KiB up, and 16 MiB for large torrents', () => {
    expect(choosePieceLength(1)).toBe(16 * KiB);
    expect(choosePieceLength(32 * MiB)).toBe(16 * KiB);
    expect(choosePieceLength(32 * MiB + 1)).toBe(32 * KiB);
    expect(choosePieceLength(2 * 1024 * MiB)).toBe(MiB);
    expect(choosePieceLength(1024 * 1024 * MiB)).toBe(16 * MiB);
  });

  it('grows further only where the limit on pieces asks for it, and stops at 256 MiB', () => {
    const most = 2_097_152;
    expect(choosePieceLength(16 * MiB * most)).toBe(16 * MiB);
    expect(choosePieceLength(16 * MiB * most + 1)).toBe(32 * MiB);
    expect(choosePieceLength(256 * MiB * most)).toBe(256 * MiB);
    expect(() => choosePieceLength(256 * MiB * most + 1)).toThrow(fault('METAINFO_PIECE_COUNT'));
  });

  it('always gives a power of two that keeps the piece limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 49 }), (total) => {
        const pieceLength = choosePieceLength(total);
        expect(Number.isInteger(Math.log2(pieceLength))).toBe(true);
        expect(Math.ceil(total / pieceLength)).toBeLessThanOrEqual(2_097_152);
      }),
    );
  });
});
