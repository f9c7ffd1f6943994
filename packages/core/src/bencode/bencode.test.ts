import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../common/bytes.js';
import { BencodeError } from '../common/errors.js';
import {
  asBytes,
  asDict,
  asInteger,
  asList,
  asText,
  type BencodeInput,
  type BencodeValue,
  decode,
  decodePrefix,
  encode,
  rawDictSpans,
  rawInteger,
  rawListSpans,
  rawString,
} from './bencode.js';

/** Values as decoding gives them, with the keys that the library underneath gets wrong. */
const { value: anyValue } = fc.letrec<{ value: BencodeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.maxSafeInteger(),
    fc.uint8Array({ maxLength: 100 }),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(
          '',
          '__proto__',
          'constructor',
          'toString',
          '\ufeffa',
          '\ufffd',
          'ff',
          '10',
          '9',
          '😀',
          '\uffff',
        ),
      ),
      tie('value'),
      { maxKeys: 6 },
    ),
  ),
}));

/** Bytes that are mostly grammar, so that the parser gets far. */
const nearlyBencode = fc
  .array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom('d', 'l', 'e', 'i', '0', '1', '9', '-', ':', '1:a', '1:b', 'i1e', '0:'),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
    ),
    { maxLength: 60 },
  )
  .map((parts) => utf8(parts.join('')));

/** The same value with prototypes and Buffers gone, for comparison. */
function plain(value: BencodeValue): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  const list = asList(value);
  if (list) return list.map(plain);
  const dict = asDict(value);
  return dict
    ? new Map(
        Object.keys(dict)
          .sort()
          .map((key) => [key, plain(dict[key] ?? 0)]),
      )
    : value;
}

describe('encode and decode', () => {
  it('round-trip every value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode(value);
        expect(plain(decode(bytes))).toEqual(plain(value));
        expect(encode(decode(bytes))).toEqual(bytes);
      }),
    );
  });

  it('agree about the first value when others follow', () => {
    fc.assert(
      fc.property(anyValue, fc.uint8Array(), (value, rest) => {
        const bytes = encode(value);
        const prefix = decodePrefix(concatBytes(bytes, rest));
        expect(prefix.end).toBe(bytes.length);
        expect(plain(prefix.value)).toEqual(plain(value));
        if (rest.length > 0) {
          expect(() => decode(concatBytes(bytes, rest))).toThrow(
            expect.objectContaining({ code: 'BENCODE_TRAILING', offset: bytes.length }),
          );
        }
      }),
    );
  });
});

describe('decode', () => {
  it('throws nothing but BencodeError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), nearlyBencode), (bytes) => {
        for (const read of [() => decode(bytes), () => decodePrefix(bytes), () => rawDictSpans(bytes)]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(BencodeError);
          }
        }
      }),
      { numRuns: 3_000 },
    );
  }, 60_000);

  it('refuses or survives every damage of one byte', () => {
    const bytes = encode({ a: [1, -20, 'text', { b: {} }], announce: 'http://x', zz: new Uint8Array(30) });
    for (let i = 0; i < bytes.length; i++) {
      for (const byte of [0, 0x2d, 0x30, 0x39, 0x3a, 0x64, 0x65, 0x69, 0x6c, 0xff]) {
        const damaged = bytes.slice();
        damaged[i] = byte;
        try {
          decode(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(BencodeError);
        }
      }
      expect(() => decode(bytes.subarray(0, i))).toThrow(BencodeError);
    }
  });

  it('gives copies: neither the input nor another decode changes what was decoded', () => {
    const input = Buffer.from('d3:key4:spam4:listl4:eggsee');
    const value = asDict(decode(input));
    input.fill(0);
    decode(utf8('l4:aaaa4:bbbbe'));
    expect(asText(value?.key)).toBe('spam');
    expect(asText(asList(value?.list)?.[0])).toBe('eggs');
  });

  it('reads input in shared memory, and from the middle of a larger buffer', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(12), 2, 8);
    shared.set(utf8('d1:a1:be'));
    expect(asText(asDict(decode(shared))?.a)).toBe('b');
  });

  it('makes dictionaries on which no key has a meaning', () => {
    const value = asDict(decode(utf8('d9:__proto__d8:pollutedi1ee11:constructori2ee')));
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value ?? {})).toEqual(['__proto__', 'constructor']);
    expect(value?.polluted).toBeUndefined();
    expect(value?.toString).toBeUndefined();
    expect(asDict(Object.getOwnPropertyDescriptor(value, '__proto__')?.value)).toEqual({ polluted: 1 });
  });

  it('leaves out entries whose key is not UTF-8, which take the place of no other', () => {
    const bytes = concatBytes(utf8('d2:ffi1e1:'), Uint8Array.of(0xff), utf8('li2ed1:xi3eee1:zi4ee'));
    expect(asDict(decode(bytes))).toEqual({ ff: 1, z: 4 });
    const halfSurrogate = concatBytes(utf8('d3:'), Uint8Array.of(0xed, 0xa0, 0x80), utf8('i1e1:ad1:bi2eee'));
    expect(asDict(decode(halfSurrogate))).toEqual({ a: { b: 2 } });
  });

  it('keeps apart keys that differ in a byte order mark only', () => {
    expect(asDict(decode(utf8('d1:ai1e4:\ufeffai2ee')))).toEqual({ a: 1, '\ufeffa': 2 });
  });

  it('takes keys in any order', () => {
    expect(asDict(decode(utf8('d1:bi1e1:ai2ee')))).toEqual({ b: 1, a: 2 });
  });

  it('keeps integers exact to the last bit', () => {
    for (const integer of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, -1]) {
      expect(decode(utf8(`i${integer}e`))).toBe(integer);
    }
  });

  it('applies limits that are given', () => {
    expect(() => decode(utf8('lllleeee'), { maxDepth: 3 })).toThrow(
      expect.objectContaining({ code: 'BENCODE_DEPTH' }),
    );
    expect(() => decodePrefix(utf8('li1ei2ee'), { maxTokens: 2 })).toThrow(
      expect.objectContaining({ code: 'BENCODE_TOKENS' }),
    );
    const deep = 'l'.repeat(1_000) + 'e'.repeat(1_000);
    expect(asList(decode(utf8(deep), { maxDepth: 1_000 }))).toHaveLength(1);
  });
});

describe('encode', () => {
  it('sorts keys as raw bytes, not as UTF-16 (BEP 3)', () => {
    const bytes = encode({ b: 2, a: 1, '10': 4, '9': 3, '\uffff': 5, '😀': 6 });
    expect(bytes).toEqual(utf8('d2:10i4e1:9i3e1:ai1e1:bi2e3:\uffffi5e4:😀i6ee'));
  });

  it('writes text as UTF-8, any kind of bytes as they are, and leaves out what is undefined', () => {
    const value = { text: 'é', bytes: Buffer.from([0xff]), gone: undefined, empty: [], none: {} };
    expect(encode(value)).toEqual(
      concatBytes(utf8('d5:bytes1:'), Uint8Array.of(0xff), utf8('5:emptyle4:nonede4:text2:ée')),
    );
    expect(encode(-0)).toEqual(utf8('i0e'));
  });

  // Values that TypeScript refuses, as they come from JavaScript.
  it.each<[string, unknown, string, string]>([
    ['a fraction', { a: [0.5] }, 'BENCODE_NUMBER', 'value.a[0]: 0.5 is not an integer within 2^53 - 1'],
    ['NaN', Number.NaN, 'BENCODE_NUMBER', 'value: NaN'],
    ['infinity', Number.POSITIVE_INFINITY, 'BENCODE_NUMBER', 'value: Infinity'],
    ['an unsafe integer', 2 ** 53, 'BENCODE_NUMBER', 'value: 9007199254740992'],
    ['null', { a: null }, 'BENCODE_TYPE', 'value.a: null has no encoding'],
    ['undefined', undefined, 'BENCODE_TYPE', 'value: undefined has no encoding'],
    ['a hole in a list', [1, undefined], 'BENCODE_TYPE', 'value[1]: undefined'],
    ['a boolean', [true], 'BENCODE_TYPE', 'value[0]: true'],
    ['a bigint', 1n, 'BENCODE_TYPE', 'value: 1'],
    ['a function', { f: () => 1 }, 'BENCODE_TYPE', 'value.f: a function'],
    ['a Map', new Map([['a', 1]]), 'BENCODE_TYPE', 'an object of type [object Map]'],
    ['an Error', new Error('x'), 'BENCODE_TYPE', 'an object of type [object Error]'],
    ['bytes in another form', new Uint16Array(1), 'BENCODE_TYPE', '[object Uint16Array]'],
    ['a class instance', new (class Peer {})(), 'BENCODE_TYPE', '[object Object]'],
    ['an unpaired surrogate', ['\ud800'], 'BENCODE_TEXT', 'value[0]: text with an unpaired surrogate'],
    ['the same in a key', { '\udc00': 1 }, 'BENCODE_TEXT', 'value: text'],
    ['a hostile key on the way', { '\u001b\n': null }, 'BENCODE_TYPE', 'value.\\u{1b}\\u{a}: null'],
  ])('refuses %s and says where it is', (_, value, code, message) => {
    expect(() => encode(value as BencodeInput)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
    expect(() => encode(value as BencodeInput)).toThrow(BencodeError);
  });

  it('takes plain objects of any realm and without a prototype', () => {
    const bare: Record<string, BencodeInput> = Object.create(null);
    Object.defineProperty(bare, '__proto__', { value: 1, enumerable: true });
    expect(encode(bare)).toEqual(utf8('d9:__proto__i1ee'));
    const foreign: { a: number } = runInNewContext('({ a: 1 })');
    expect(Object.getPrototypeOf(foreign)).not.toBe(Object.prototype);
    expect(encode(foreign)).toEqual(utf8('d1:ai1ee'));
  });

  it('stops at 100 levels, so also where a value contains itself', () => {
    const nested = (depth: number): BencodeInput => {
      let value: BencodeInput = [];
      for (let i = 1; i < depth; i++) value = i % 2 ? { a: value } : [value];
      return value;
    };
    expect(asDict(decode(encode(nested(100))))).toBeDefined();
    expect(() => encode(nested(101))).toThrow(expect.objectContaining({ code: 'BENCODE_DEPTH' }));
    const circle: BencodeInput[] = [];
    circle.push(circle);
    expect(() => encode(circle)).toThrow(expect.objectContaining({ code: 'BENCODE_DEPTH' }));
  });

  it('stops at 2.5 million tokens, so also where a small value unfolds into a huge one', () => {
    let value: BencodeInput = [];
    for (let i = 0; i < 50; i++) value = [value, value];
    expect(() => encode(value)).toThrow(expect.objectContaining({ code: 'BENCODE_TOKENS' }));
  }, 60_000);
});

describe('rawDictSpans', () => {
  it('finds the bytes of a value as they stand, however they are written', () => {
    const text = 'd4:infod1:bi1e1:ai2ee8:announce3:urle';
    const spans = rawDictSpans(utf8(text));
    const span = spans?.get('info');
    expect(text.slice(span?.start, span?.end)).toBe('d1:bi1e1:ai2ee');
    expect(spans?.get('b')).toBeUndefined();
    expect(spans?.get('missing')).toBeUndefined();
    expect(rawDictSpans(utf8('l4:infoi1ee'))).toBeUndefined();
  });

  it('gives for every key the span that decodes to its value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode(value);
        const spans = rawDictSpans(bytes);
        const dict = asDict(value);
        expect(spans === undefined).toBe(dict === undefined);
        expect(spans?.get('no such key, ever')).toBeUndefined();
        for (const [key, expected] of Object.entries(dict ?? {})) {
          const { start, end } = spans?.get(key) ?? { start: 0, end: 0 };
          const found = decode(bytes.subarray(start, end));
          expect(plain(found)).toEqual(plain(expected));
          expect(rawInteger(bytes, { start, end })).toBe(asInteger(found));
        }
      }),
    );
  });

  it('are found by the very bytes of a key, and the whole input is checked', () => {
    const bytes = concatBytes(utf8('d1:'), Uint8Array.of(0xff), utf8('i1e1:ai2ee'));
    expect(rawDictSpans(bytes)?.get('\ufffd')).toBeUndefined();
    expect(rawDictSpans(bytes)?.get('a')).toEqual({ start: 10, end: 13 });
    expect(() => rawDictSpans(utf8('d1:ai1ee!'))).toThrow(
      expect.objectContaining({ code: 'BENCODE_TRAILING' }),
    );
    expect(() => rawDictSpans(utf8('d1:ai1e1:bi01ee'))).toThrow(
      expect.objectContaining({ code: 'BENCODE_INTEGER' }),
    );
  });
});

describe('rawListSpans', () => {
  it('gives for every item the span that decodes to it', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode(value);
        const items = rawListSpans(bytes)?.map(({ start, end }) => decode(bytes.subarray(start, end)));
        expect(items?.map(plain)).toEqual(asList(value)?.map(plain));
      }),
    );
  });

  it('checks the whole input', () => {
    expect(() => rawListSpans(utf8('li1eee'))).toThrow(expect.objectContaining({ code: 'BENCODE_TRAILING' }));
    expect(() => rawListSpans(utf8('li1ei02ee'))).toThrow(
      expect.objectContaining({ code: 'BENCODE_INTEGER' }),
    );
  });
});

describe('rawString', () => {
  it('is a view of the string at a span, and nothing for other values', () => {
    const bytes = utf8('l3:a:b0:i12ele1:xe');
    const spans = rawListSpans(bytes) ?? [];
    expect(spans.map((span) => asText(rawString(bytes, span)))).toEqual([
      'a:b',
      '',
      undefined,
      undefined,
      'x',
    ]);
    expect(spans.map((span) => rawString(bytes, span)?.buffer === bytes.buffer)).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('accessors', () => {
  const values: Record<string, BencodeValue> = {
    integer: 0,
    bytes: utf8('text'),
    list: [],
    dict: Object.create(null),
  };

  it.each([
    ['integer', asInteger],
    ['bytes', asBytes],
    ['list', asList],
    ['dict', asDict],
  ] as const)('give a value of type %s and undefined for others', (type, access) => {
    for (const [name, value] of Object.entries(values)) {
      expect(access(value)).toBe(name === type ? value : undefined);
    }
    expect(access(undefined)).toBeUndefined();
  });

  it('give text only for valid UTF-8', () => {
    expect(asText(values.bytes)).toBe('text');
    expect(asText(utf8('\ufeffé'))).toBe('\ufeffé');
    expect(asText(new Uint8Array())).toBe('');
    expect(asText(Uint8Array.of(0xff))).toBeUndefined();
    expect(asText(Uint8Array.of(0xed, 0xa0, 0x80))).toBeUndefined();
    for (const value of [0, [], values.dict, undefined]) expect(asText(value)).toBeUndefined();
  });
});
