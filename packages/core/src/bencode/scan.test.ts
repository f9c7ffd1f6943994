import { describe, expect, it } from 'vitest';
import { utf8 } from '../common/bytes.js';
import { BencodeError } from '../common/errors.js';
import { scan } from './scan.js';
import { type BencodeLimits, defaultBencodeLimits } from './value.js';

function faultOf(text: string, limits: Partial<BencodeLimits> = {}): { code: string; offset: number } {
  try {
    scan(utf8(text), { ...defaultBencodeLimits, ...limits });
  } catch (error) {
    if (error instanceof BencodeError) return { code: error.code, offset: error.offset };
    throw error;
  }
  return { code: 'none', offset: -1 };
}

describe('scan', () => {
  it.each([
    // What ends too early.
    ['', 'BENCODE_TRUNCATED', 0],
    ['i', 'BENCODE_TRUNCATED', 1],
    ['i-', 'BENCODE_TRUNCATED', 2],
    ['i12', 'BENCODE_TRUNCATED', 3],
    ['4', 'BENCODE_TRUNCATED', 1],
    ['l', 'BENCODE_TRUNCATED', 1],
    ['l1:a', 'BENCODE_TRUNCATED', 4],
    ['d', 'BENCODE_TRUNCATED', 1],
    ['d1:a', 'BENCODE_TRUNCATED', 4],
    ['d1:ai1e', 'BENCODE_TRUNCATED', 7],
    // Strings that pass the end.
    ['1:', 'BENCODE_STRING_LENGTH', 0],
    ['5:spam', 'BENCODE_STRING_LENGTH', 0],
    ['l9007199254740991:ae', 'BENCODE_STRING_LENGTH', 1],
    ['9007199254740992:a', 'BENCODE_INTEGER_RANGE', 0],
    // What is no value.
    ['e', 'BENCODE_SYNTAX', 0],
    ['x', 'BENCODE_SYNTAX', 0],
    [':', 'BENCODE_SYNTAX', 0],
    ['-1:a', 'BENCODE_SYNTAX', 0],
    ['+1:a', 'BENCODE_SYNTAX', 0],
    [' 1:a', 'BENCODE_SYNTAX', 0],
    ['1.0:a', 'BENCODE_SYNTAX', 1],
    ['1a', 'BENCODE_SYNTAX', 1],
    ['ie', 'BENCODE_SYNTAX', 1],
    ['i-e', 'BENCODE_SYNTAX', 2],
    ['i+1e', 'BENCODE_SYNTAX', 1],
    ['i--1e', 'BENCODE_SYNTAX', 2],
    ['i1.5e', 'BENCODE_SYNTAX', 2],
    ['i1 e', 'BENCODE_SYNTAX', 2],
    ['i0x1e', 'BENCODE_SYNTAX', 2],
    ['di1ei2ee', 'BENCODE_SYNTAX', 1],
    ['dlei2ee', 'BENCODE_SYNTAX', 1],
    ['d1:ae', 'BENCODE_SYNTAX', 4],
    // Two spellings of one number.
    ['i-0e', 'BENCODE_INTEGER', 2],
    ['i03e', 'BENCODE_INTEGER', 1],
    ['i00e', 'BENCODE_INTEGER', 1],
    ['i-03e', 'BENCODE_INTEGER', 2],
    ['01:a', 'BENCODE_INTEGER', 0],
    ['00:', 'BENCODE_INTEGER', 0],
    // Numbers that would be rounded.
    ['i9007199254740992e', 'BENCODE_INTEGER_RANGE', 1],
    ['i-9007199254740992e', 'BENCODE_INTEGER_RANGE', 2],
    [`i${'9'.repeat(400)}e`, 'BENCODE_INTEGER_RANGE', 1],
    // A key twice: in order, out of order, in an inner dictionary, and after one was closed.
    ['d1:ai1e1:ai2ee', 'BENCODE_DUPLICATE_KEY', 9],
    ['d1:bi1e1:ai2e1:bi3ee', 'BENCODE_DUPLICATE_KEY', expect.any(Number)],
    ['d1:ci1e1:ai2e1:bi3e1:ai4ee', 'BENCODE_DUPLICATE_KEY', expect.any(Number)],
    ['ld1:ad0:i1e0:i2eeee', 'BENCODE_DUPLICATE_KEY', expect.any(Number)],
    ['d1:bde1:ad1:xi1ee1:bi2ee', 'BENCODE_DUPLICATE_KEY', expect.any(Number)],
  ])('refuses %j with %s', (text, code, offset) => {
    expect(faultOf(text)).toEqual({ code, offset });
  });

  it.each([
    'i0e',
    'i-1e',
    'i9007199254740991e',
    'i-9007199254740991e',
    '0:',
    'le',
    'de',
    'd0:0:e',
    'd1:bi1e1:ai2ee',
    'd1:bi1e1:ai2e1:ci3ee',
    'd1:ad1:ai1ee1:bd1:ai1eee',
    'd2:aai1e1:ai2ee',
  ])('lets %s through', (text) => {
    expect(faultOf(text).code).toBe('none');
  });

  it('stops after the first value and says where', () => {
    expect(scan(utf8('i1ei2e'), defaultBencodeLimits).end).toBe(3);
    expect(scan(utf8('d1:ai1eexxx'), defaultBencodeLimits).end).toBe(8);
  });

  it('tells where containers begin and where the outermost entries lie', () => {
    expect(scan(utf8('d1:bld1:xi1eee1:ai2ee'), defaultBencodeLimits)).toEqual({
      end: 21,
      containers: [0, 4, 5],
      topEntries: [3, 4, 4, 14, 16, 17, 17, 20],
      topItems: [],
    });
    expect(scan(utf8('ld1:ai1eeli2eei3ee'), defaultBencodeLimits)).toEqual({
      end: 18,
      containers: [0, 1, 9],
      topEntries: [],
      topItems: [1, 9, 9, 14, 14, 17],
    });
  });

  it('allows exactly the depth of the limit', () => {
    for (const [open, close] of [
      ['l', 'e'],
      ['d1:a', 'e'],
    ] as const) {
      const nested = (depth: number): string =>
        `${open.repeat(depth - 1)}${open === 'l' ? 'le' : 'de'}${close.repeat(depth - 1)}`;
      expect(faultOf(nested(100)).code).toBe('none');
      expect(faultOf(nested(101))).toMatchObject({ code: 'BENCODE_DEPTH', offset: open.length * 100 });
      expect(faultOf(nested(1), { maxDepth: 0 }).code).toBe('BENCODE_DEPTH');
    }
    expect(faultOf('i1e', { maxDepth: 0 }).code).toBe('none');
  });

  it('counts a depth limit past 1 000 as 1 000, so that no input can exhaust the stack', () => {
    const nested = (depth: number): string => 'l'.repeat(depth) + 'e'.repeat(depth);
    expect(faultOf(nested(1_000), { maxDepth: Number.POSITIVE_INFINITY }).code).toBe('none');
    expect(faultOf(nested(1_001), { maxDepth: Number.POSITIVE_INFINITY }).code).toBe('BENCODE_DEPTH');
    expect(faultOf('l'.repeat(1_000_000)).code).toBe('BENCODE_DEPTH');
  });

  it('allows exactly the tokens of the limit, keys and containers among them', () => {
    const text = 'd1:ali1e1:be1:cdee';
    expect(faultOf(text, { maxTokens: 7 }).code).toBe('none');
    expect(faultOf(text, { maxTokens: 6 }).code).toBe('BENCODE_TOKENS');
    expect(faultOf(`l${'0:'.repeat(2_499_999)}e`).code).toBe('none');
    expect(faultOf(`l${'0:'.repeat(2_500_000)}e`).code).toBe('BENCODE_TOKENS');
  }, 60_000);

  it('looks for duplicates among many keys out of order in reasonable time', () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => `${String(i ^ 0x155).padStart(8, '0')}`);
    const entries = keys.map((key) => `8:${key}0:`).join('');
    expect(faultOf(`d${entries}e`).code).toBe('none');
    expect(faultOf(`d${entries}8:${keys[500]}0:e`).code).toBe('BENCODE_DUPLICATE_KEY');
  }, 60_000);

  it('names the fault and its place on one line that is safe to print', () => {
    expect(() => scan(utf8('d3:\n\u001b1i1e3:\n\u001b1i2ee'), defaultBencodeLimits)).toThrow(
      "the key '\\u{a}\\u{1b}1' twice in one dictionary, at byte 11",
    );
    expect(() => scan(utf8('lx'), defaultBencodeLimits)).toThrow(
      'byte 0x78 where a value is expected, at byte 1',
    );
    expect(() => scan(utf8('5:spam'), defaultBencodeLimits)).toThrow(
      'a string of 5 bytes where 4 are left, at byte 0',
    );
  });
});

describe('long keys', () => {
  /** A dictionary whose keys are out of order and differ only at the end of 5 000 bytes. */
  const entries = (suffixes: readonly string[]): string =>
    `d${suffixes.map((suffix) => `5002:${'p'.repeat(5_000)}${suffix}i1e`).join('')}e`;

  it('are told apart, and found where they come twice, in whatever order', () => {
    expect(() => scan(utf8(entries(['zz', 'aa', 'mm'])), defaultBencodeLimits)).not.toThrow();
    expect(faultOf(entries(['zz', 'aa', 'zz'])).code).toBe('BENCODE_DUPLICATE_KEY');
    expect(faultOf(entries(['aa', 'aa'])).code).toBe('BENCODE_DUPLICATE_KEY');
  });

  it('that share all but their end do not cost the square of their number', () => {
    const length = 50_000;
    const prefix = 'p'.repeat(length - 4);
    const keys = Array.from(
      { length: 1_000 },
      (_, i) => prefix + String((i * 7_919) % 1_000).padStart(4, '0'),
    );
    const text = `d${keys.map((key) => `${length}:${key}i1e`).join('')}e`;
    const before = process.cpuUsage();
    scan(utf8(text), defaultBencodeLimits);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });
});
