import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BencodeInput, encode } from '../bencode/bencode.js';
import { bytesToHex, concatBytes, utf8 } from '../common/bytes.js';
import { BencodeError, MetainfoError } from '../common/errors.js';
import { parseInfo } from './torrent-info.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

type Dict = Record<string, BencodeInput | undefined>;

/** An info dictionary of one file of three pieces, with parts changed; `undefined` takes a key away. */
function singleInfo(changes: Dict = {}): Uint8Array {
  const pieces = Uint8Array.from({ length: 60 }, (_, i) => i);
  return encode({ name: 'file.bin', 'piece length': 16 * KiB, pieces, length: 40 * KiB, ...changes });
}

/** An info dictionary of the given files, a KiB each where no length is given, in one piece. */
function multiInfo(files: readonly Dict[], changes: Dict = {}): Uint8Array {
  const list = files.map((file) => ({ length: KiB, ...file }));
  return encode({
    name: 'folder',
    'piece length': 16 * MiB,
    pieces: new Uint8Array(20),
    files: list,
    ...changes,
  });
}

function pathsOf(raw: Uint8Array): string[] {
  return parseInfo(raw).layout.files.map(({ path }) => path.join('/'));
}

function fault(code: string, message = ''): unknown {
  return expect.objectContaining({ name: 'MetainfoError', code, message: expect.stringContaining(message) });
}

describe('parseInfo', () => {
  it('reads a single file', () => {
    const raw = singleInfo();
    const info = parseInfo(raw);
    expect(info.infoHash.hex).toBe(createHash('sha1').update(raw).digest('hex'));
    expect(info).toMatchObject({ name: 'file.bin', isPrivate: false });
    expect(info.layout).toMatchObject({ pieceLength: 16 * KiB, pieceCount: 3, totalLength: 40 * KiB });
    expect(info.layout.files).toEqual([
      { path: ['file.bin'], lengthBytes: 40 * KiB, offset: 0, isPad: false },
    ]);
  });

  it('reads many files, below the name of the torrent, in order', () => {
    const info = parseInfo(
      multiInfo([{ path: ['b', 'c'] }, { path: ['a'], length: 0 }, { path: ['z'], length: 5 }]),
    );
    expect(info.layout.files).toEqual([
      { path: ['folder', 'b', 'c'], lengthBytes: KiB, offset: 0, isPad: false },
      { path: ['folder', 'a'], lengthBytes: 0, offset: KiB, isPad: false },
      { path: ['folder', 'z'], lengthBytes: 5, offset: KiB, isPad: false },
    ]);
  });

  it('takes the infohash over the bytes as they are, also where keys are out of order (BEP 3)', () => {
    const raw = utf8(`d4:name1:a12:piece lengthi1024e6:lengthi1e6:pieces20:${'x'.repeat(20)}e`);
    const info = parseInfo(raw);
    expect(info.infoHash.hex).toBe(createHash('sha1').update(raw).digest('hex'));
    expect(info.pieceHash(0)).toEqual(utf8('x'.repeat(20)));
  });

  it('gives piece hashes as views of its own copy of the bytes', () => {
    const raw = Buffer.from(singleInfo());
    const info = parseInfo(raw);
    raw.fill(0);
    for (const piece of [0, 1, 2]) {
      const hash = info.pieceHash(piece);
      expect(hash).toEqual(Uint8Array.from({ length: 20 }, (_, i) => piece * 20 + i));
      expect(hash.buffer).toBe(info.raw.buffer);
    }
    expect(info.raw.buffer.byteLength).toBe(raw.length);
    for (const piece of [-1, 3, 0.5]) expect(() => info.pieceHash(piece)).toThrow(fault('METAINFO_RANGE'));
  });

  it('finds the hashes also where other strings look like them', () => {
    const raw = singleInfo({ a: '6:pieces20:aaaaaaaaaaaaaaaaaaaa', zz: { pieces: new Uint8Array(60) } });
    expect(parseInfo(raw).pieceHash(1)[0]).toBe(20);
  });

  it('knows a private torrent (BEP 27)', () => {
    expect(parseInfo(singleInfo({ private: 1 })).isPrivate).toBe(true);
    expect(parseInfo(singleInfo({ private: 0 })).isPrivate).toBe(false);
    expect(parseInfo(singleInfo({ private: 'x' })).isPrivate).toBe(false);
  });

  it('marks pad files and lets them share their names (BEP 47)', () => {
    const files = parseInfo(
      multiInfo([
        { path: ['a'] },
        { path: ['.pad', '7'], attr: 'p' },
        { path: ['b'], attr: 'hx' },
        { path: ['.pad', '7'], attr: 'px' },
      ]),
    ).layout.files;
    expect(files.map(({ isPad }) => isPad)).toEqual([false, true, false, true]);
    expect(files.map(({ path }) => path.join('/'))).toEqual([
      'folder/a',
      'folder/.pad/7',
      'folder/b',
      'folder/.pad/7',
    ]);
  });

  it('refuses symbolic links (BEP 47)', () => {
    expect(() =>
      parseInfo(multiInfo([{ path: ['a'] }, { path: ['b'], attr: 'xl', 'symlink path': ['..'] }])),
    ).toThrow(fault('METAINFO_SYMLINK', 'info.files[1]'));
    expect(() => parseInfo(multiInfo([{ path: ['a'], attr: Uint8Array.of(0xff, 0x6c) }]))).toThrow(
      fault('METAINFO_SYMLINK', 'info.files[0]'),
    );
    expect(() => parseInfo(singleInfo({ attr: 'l' }))).toThrow(fault('METAINFO_SYMLINK', 'info'));
  });

  it('uses the v1 part of a hybrid and says of a v2-only torrent what it is (BEP 52)', () => {
    const v2 = { 'meta version': 2, 'file tree': { 'file.bin': { '': { length: 40 * KiB } } } };
    expect(parseInfo(singleInfo(v2)).layout.pieceCount).toBe(3);
    for (const changes of [v2, { 'meta version': 2 }, { 'file tree': {} }]) {
      expect(() => parseInfo(singleInfo({ ...changes, pieces: undefined, length: undefined }))).toThrow(
        fault('METAINFO_V2_ONLY', 'version 2 only (BEP 52)'),
      );
    }
  });

  it('prefers the UTF-8 names of old torrents that have both', () => {
    const latin1 = Uint8Array.of(0xe9);
    const raw = multiInfo([{ path: [latin1], 'path.utf-8': ['é'] }, { path: [latin1, 'x'] }], {
      name: latin1,
      'name.utf-8': 'É',
    });
    expect(pathsOf(raw)).toEqual(['É/é', 'É/_/x']);
  });
});

describe('parseInfo on what it does not need', () => {
  it('builds nothing of it, however much there is', () => {
    const junk = utf8(`l${'le'.repeat(2_000_000)}e`);
    const raw = singleInfo();
    const info = parseInfo(concatBytes(raw.subarray(0, -1), utf8('2:zz'), junk, utf8('e')));
    expect(info.layout.pieceCount).toBe(3);
    expect(() => parseInfo(multiInfo([{ path: ['a'], x: Array.from({ length: 1_000 }, () => 0) }]))).toThrow(
      fault('METAINFO_BENCODE', 'info.files[0]: more than 1000'),
    );
  }, 60_000);
});

describe('parseInfo on names', () => {
  it('sanitises every element of every path, and the name', () => {
    const raw = multiInfo(
      [
        { path: ['..', '..', 'etc', 'passwd'] },
        { path: ['a/../../b', 'c\\d'] },
        { path: ['', '.', 'x'] },
        { path: ['..'] },
        { path: ['\u202e', '\u200b'] },
        { path: ['CON', 'nul.txt'] },
        { path: ['a\nb'] },
      ],
      { name: '../evil' },
    );
    expect(pathsOf(raw)).toEqual([
      '.._evil/etc/passwd',
      '.._evil/a_.._.._b/c_d',
      '.._evil/x',
      '.._evil/_',
      '.._evil/_.1',
      '.._evil/_CON/_nul.txt',
      '.._evil/a_b',
    ]);
  });

  it('never lets a torrent write where the engine keeps its state', () => {
    expect(pathsOf(multiInfo([{ path: ['resume'] }], { name: '.Peerloom' }))).toEqual(['_.Peerloom/resume']);
    expect(parseInfo(singleInfo({ name: '.peerloom' })).name).toBe('_.peerloom');
  });

  it('falls back to the infohash where nothing is left of the name', () => {
    for (const name of ['', '.', '..', '\u200b']) {
      const info = parseInfo(singleInfo({ name }));
      expect(info.name).toBe(info.infoHash.hex);
      expect(info.layout.files[0]?.path).toEqual([info.infoHash.hex]);
    }
  });

  it('makes paths unique after sanitising', () => {
    expect(
      pathsOf(
        multiInfo([
          { path: ['a'] },
          { path: ['A'] },
          { path: ['..', 'a'] },
          { path: ['b', 'c'] },
          { path: ['b'] },
        ]),
      ),
    ).toEqual(['folder/a', 'folder/A.1', 'folder/a.2', 'folder/b/c', 'folder/b.1']);
  });
});

describe('parseInfo refuses', () => {
  it.each<[string, Dict, string, string]>([
    ['no name', { name: undefined }, 'METAINFO_NAME', 'info.name'],
    ['a name that is no string', { name: 1 }, 'METAINFO_NAME', 'info.name'],
    ['no piece length', { 'piece length': undefined }, 'METAINFO_PIECE_LENGTH', 'no integer'],
    ['a piece length that is no integer', { 'piece length': 'x' }, 'METAINFO_PIECE_LENGTH', 'no integer'],
    ['a piece length of 0', { 'piece length': 0 }, 'METAINFO_PIECE_LENGTH', 'it is 0'],
    ['a negative piece length', { 'piece length': -16_384 }, 'METAINFO_PIECE_LENGTH', 'it is -16384'],
    ['no hashes', { pieces: undefined }, 'METAINFO_PIECES', 'missing'],
    ['hashes that are no string', { pieces: [] }, 'METAINFO_PIECES', 'no string'],
    ['part of a hash', { pieces: new Uint8Array(59) }, 'METAINFO_PIECES', '59 bytes'],
    [
      'a hash too few',
      { pieces: new Uint8Array(40) },
      'METAINFO_PIECES',
      '2 hashes: the files make 3 pieces',
    ],
    [
      'a hash too many',
      { pieces: new Uint8Array(80) },
      'METAINFO_PIECES',
      '4 hashes: the files make 3 pieces',
    ],
    ['neither length nor files', { length: undefined }, 'METAINFO_FILES', 'neither'],
    ['length and files', { files: [] }, 'METAINFO_FILES', 'both'],
    ['a length that is no integer', { length: 'x' }, 'METAINFO_LENGTH', 'info.length'],
    ['a negative length', { length: -1 }, 'METAINFO_LENGTH', 'it is -1'],
    ['no data', { length: 0, pieces: '' }, 'METAINFO_LENGTH', '0 bytes in all'],
    ['files that are no list', { length: undefined, files: {} }, 'METAINFO_FILES', 'info.files'],
    ['no files', { length: undefined, files: [] }, 'METAINFO_FILES', 'info.files'],
    ['a file that is no dictionary', { length: undefined, files: [1] }, 'METAINFO_FILES', 'info.files[0]'],
  ])('%s', (_, changes, code, message) => {
    expect(() => parseInfo(singleInfo(changes))).toThrow(fault(code, message));
  });

  it.each<[string, Dict, string, string]>([
    ['no path', { path: undefined }, 'METAINFO_PATH', 'info.files[1].path'],
    ['a path that is no list', { path: 'x' }, 'METAINFO_PATH', 'info.files[1].path'],
    ['an empty path (BEP 3)', { path: [] }, 'METAINFO_PATH', 'info.files[1].path'],
    ['an element that is no string', { path: ['a', 1] }, 'METAINFO_PATH', 'info.files[1].path[1]'],
    [
      'no length',
      { path: ['b'], length: undefined },
      'METAINFO_LENGTH',
      'info.files[1].length must be a length in bytes: it is missing',
    ],
    ['a length that is no integer', { path: ['b'], length: [] }, 'METAINFO_LENGTH', 'no integer'],
    ['a negative length', { path: ['b'], length: -1 }, 'METAINFO_LENGTH', 'it is -1'],
  ])('a file with %s', (_, file, code, message) => {
    expect(() => parseInfo(multiInfo([{ path: ['a'] }, file]))).toThrow(fault(code, message));
  });

  it('what is not bencoded, with the place and the cause', () => {
    expect(() => parseInfo(utf8('d1:ai01ee'))).toThrow(
      fault('METAINFO_BENCODE', 'info: a number with a leading zero, at byte 5'),
    );
    expect(() => parseInfo(utf8('d1:ai01ee'))).toThrow(
      expect.objectContaining({ cause: expect.any(BencodeError) }),
    );
    expect(() => parseInfo(utf8('le'))).toThrow(fault('METAINFO_BENCODE', 'must be a dictionary'));
    expect(() => parseInfo(new Uint8Array())).toThrow(fault('METAINFO_BENCODE'));
    expect(() => parseInfo(concatBytes(singleInfo(), utf8('e')))).toThrow(fault('METAINFO_BENCODE'));
    expect(() => parseInfo(singleInfo(), { maxTokens: 8 })).toThrow(fault('METAINFO_BENCODE'));
    expect(parseInfo(singleInfo(), { maxTokens: 9 }).name).toBe('file.bin');
  });

  it('anything with nothing but MetainfoError, whatever the values', () => {
    const value: fc.Arbitrary<BencodeInput> = fc.oneof(
      fc.maxSafeInteger(),
      fc.constantFrom<BencodeInput[]>(
        0,
        1,
        1_024,
        16_384,
        'a',
        '..',
        new Uint8Array(20),
        [],
        [[]],
        ['a', '..'],
        {},
      ),
      fc.array(
        fc.record({
          length: fc.oneof(fc.nat(), fc.maxSafeInteger()),
          path: fc.array(fc.string()),
          attr: fc.constantFrom('p', 'l', 'x'),
        }),
      ),
    );
    const dict = fc.record(
      {
        name: value,
        'piece length': value,
        pieces: value,
        length: value,
        files: value,
        private: value,
        'meta version': value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(dict, (info) => {
        try {
          parseInfo(encode(info));
        } catch (error) {
          expect(error).toBeInstanceOf(MetainfoError);
          expect((error as MetainfoError).code).toMatch(/^METAINFO_/);
          expect((error as MetainfoError).message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        }
      }),
      { numRuns: 2_000 },
    );
  }, 60_000);
});

describe('the limits of parseInfo', () => {
  const withPieceLength = (pieceLength: number): Uint8Array =>
    singleInfo({ 'piece length': pieceLength, length: pieceLength * 3 });

  it('allow piece lengths of 1 KiB to 256 MiB, powers of two or not', () => {
    for (const pieceLength of [KiB, KiB + 1, 3_000, 16 * KiB, 256 * MiB]) {
      expect(parseInfo(withPieceLength(pieceLength)).layout.pieceLength).toBe(pieceLength);
    }
    expect(() => parseInfo(withPieceLength(KiB - 1))).toThrow(fault('METAINFO_PIECE_LENGTH', 'it is 1023'));
    expect(() => parseInfo(withPieceLength(256 * MiB + 1))).toThrow(fault('METAINFO_PIECE_LENGTH'));
  });

  it('allow 2 097 152 pieces', () => {
    const withPieces = (count: number): Uint8Array =>
      singleInfo({ length: count * 16 * KiB, pieces: new Uint8Array(count * 20) });
    const info = parseInfo(withPieces(2_097_152));
    expect(info.layout.pieceCount).toBe(2_097_152);
    expect(info.pieceHash(2_097_151)).toHaveLength(20);
    expect(() => parseInfo(withPieces(2_097_153))).toThrow(fault('METAINFO_PIECE_COUNT'));
  }, 60_000);

  it('allow 64 MiB', () => {
    const overhead = singleInfo({ padding: new Uint8Array(60 * MiB) }).length - 60 * MiB;
    const withBytes = (length: number): Uint8Array =>
      singleInfo({ padding: new Uint8Array(length - overhead) });
    expect(withBytes(64 * MiB)).toHaveLength(64 * MiB);
    expect(parseInfo(withBytes(64 * MiB)).name).toBe('file.bin');
    expect(() => parseInfo(withBytes(64 * MiB + 1))).toThrow(
      fault('METAINFO_TOO_LARGE', 'the info dictionary has 67108865 bytes: at most 67108864'),
    );
  }, 60_000);

  it('refuse a total that no number can hold, before any arithmetic on it', () => {
    const huge = { path: ['a'], length: Number.MAX_SAFE_INTEGER };
    expect(() => parseInfo(multiInfo([huge]))).toThrow(fault('METAINFO_PIECE_COUNT'));
    expect(() => parseInfo(multiInfo([huge, { path: ['b'], length: 1 }]))).toThrow(
      fault('METAINFO_LENGTH', 'must be 1 to 2^53 - 1'),
    );
    expect(() => parseInfo(singleInfo({ length: 600 * 1024 * GiB, 'piece length': 256 * MiB }))).toThrow(
      fault('METAINFO_PIECE_COUNT'),
    );
  });

  it('allow 100 elements in a path', () => {
    const deep = (count: number): Uint8Array =>
      multiInfo([{ path: Array.from({ length: count }, () => 'd') }]);
    expect(parseInfo(deep(100)).layout.files[0]?.path).toHaveLength(101);
    expect(() => parseInfo(deep(101))).toThrow(
      fault('METAINFO_PATH', 'info.files[0].path has 101 elements: at most 100'),
    );
  });

  it('leave room for 100 000 files', () => {
    const files = Array.from({ length: 100_000 }, (_, i) => ({
      path: [`folder ${i % 100}`, `file number ${i}.dat`],
      length: 100,
    }));
    const { layout } = parseInfo(multiInfo(files));
    expect(layout.files).toHaveLength(100_000);
    expect(layout.fileSlices(0, 9_999_950, 50)).toEqual([{ fileIndex: 99_999, offset: 50, lengthBytes: 50 }]);
  }, 60_000);
});

describe('a torrent made by hand', () => {
  it('has the hashes that sha1sum gives', () => {
    const pieceHash = '22596363b3de40b06f981fb85d82312e8c0ed511'; // of 'hello world\n'
    const raw = concatBytes(
      utf8('d6:lengthi12e4:name9:hello.txt12:piece lengthi16384e6:pieces20:'),
      Buffer.from(pieceHash, 'hex'),
      utf8('e'),
    );
    const info = parseInfo(raw);
    expect(bytesToHex(info.pieceHash(0))).toBe(pieceHash);
    expect(info.infoHash.hex).toBe('7b5e918f364908afab937ecdd84059dfb61102b7');
  });
});
