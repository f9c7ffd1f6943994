import { isUtf8 } from 'node:buffer';
import bencode from 'bencode';
import { utf8 } from '../common/bytes.js';
import { BencodeError } from '../common/errors.js';
import { Encoder } from './encoder.js';
import { isDictAt, type ScanResult, type Span, scan } from './scan.js';
import {
  type BencodeDict,
  type BencodeInput,
  type BencodeLimits,
  type BencodeValue,
  defaultBencodeLimits,
} from './value.js';

export { asBytes, asDict, asInteger, asList, asText } from './accessors.js';
export type { Span } from './scan.js';
export type {
  BencodeDict,
  BencodeInput,
  BencodeLimits,
  BencodeValue,
} from './value.js';

/** What the library makes of an input whose dictionaries were made lists. */
type Lists = number | Uint8Array | Lists[];

const listByte = 0x6c;
const colonByte = 0x3a;
const integerByte = 0x69;
const minusByte = 0x2d;
/** How much the library may keep alive. */
const keptInputBytes = 16 * 1024;
const smallestInput = utf8('i0e');
const keyDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The value that `bytes` hold, all of them (BEP 3, "bencoding"; how strictly, see {@link scan}). Byte
 * strings are copies and share no memory with `bytes`. Dictionaries have no prototype and their keys
 * are text: an entry whose key is not valid UTF-8 is left out. Throws {@link BencodeError}:
 * `BENCODE_TRAILING` where bytes follow the value, else what the scan finds.
 */
export function decode(bytes: Uint8Array, limits?: Partial<BencodeLimits>): BencodeValue {
  return decodeScanned(bytes, scanWhole(bytes, limits));
}

/**
 * As {@link decode}, but of the first value only: whatever follows `end` is not looked at, as in the
 * data messages of BEP 9.
 */
export function decodePrefix(
  bytes: Uint8Array,
  limits?: Partial<BencodeLimits>,
): { value: BencodeValue; end: number } {
  const scanned = scan(bytes, { ...defaultBencodeLimits, ...limits });
  return { value: decodeScanned(bytes, scanned), end: scanned.end };
}

function scanWhole(bytes: Uint8Array, limits: Partial<BencodeLimits> | undefined): ScanResult {
  const scanned = scan(bytes, { ...defaultBencodeLimits, ...limits });
  const rest = bytes.length - scanned.end;
  if (rest > 0) {
    throw new BencodeError(
      'BENCODE_TRAILING',
      `${rest} bytes after the value, at byte ${scanned.end}`,
      scanned.end,
    );
  }
  return scanned;
}

/**
 * The library loses what dictionaries hold: keys that are not UTF-8, or begin with a byte order mark,
 * become other keys, and `__proto__` sets a prototype. Since a dictionary is written like a list of
 * keys and values but for its first byte, it is handed lists only and the dictionaries are made here.
 */
function decodeScanned(bytes: Uint8Array, { end, containers }: ScanResult): BencodeValue {
  // A Buffer, because of that the library makes one copy of its own, not two.
  const copy = Buffer.from(bytes.subarray(0, end));
  for (const offset of containers) copy[offset] = listByte;
  const lists: Lists = bencode.decode(copy);
  // The library keeps its last input until the next one.
  if (end > keptInputBytes) bencode.decode(smallestInput);
  let next = 0;
  const restore = (value: Lists): BencodeValue => {
    if (!Array.isArray(value)) return value;
    return isDictAt(bytes, containers[next++] ?? 0) ? dictOf(value, restore) : value.map(restore);
  };
  return restore(lists);
}

function dictOf(items: readonly Lists[], restore: (value: Lists) => BencodeValue): BencodeDict {
  const dict: Record<string, BencodeValue> = Object.create(null);
  for (let i = 0; i + 1 < items.length; i += 2) {
    const key = items[i];
    const value = restore(items[i + 1] ?? 0);
    if (key instanceof Uint8Array && isUtf8(key)) dict[keyDecoder.decode(key)] = value;
  }
  return dict;
}

/** Keys that were asked for: names that the code knows, so a few. */
const keyBytes = new Map<string, Uint8Array>();

/** Where the values of an encoded dictionary lie. */
export class DictSpans {
  readonly #bytes: Uint8Array;
  /** As {@link ScanResult.topEntries}. */
  readonly #entries: readonly number[];

  /** Made by {@link rawDictSpans}. */
  constructor(bytes: Uint8Array, entries: readonly number[]) {
    this.#bytes = bytes;
    this.#entries = entries;
  }

  /** The value of `key` as encoded. O(entries), and no memory: only few of what may be many are asked for. */
  get(key: string): Span | undefined {
    let wanted = keyBytes.get(key);
    if (wanted === undefined) {
      wanted = utf8(key);
      keyBytes.set(key, wanted);
    }
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i += 4) {
      const start = entries[i] ?? 0;
      if ((entries[i + 1] ?? 0) - start !== wanted.length || !this.#isAt(start, wanted)) continue;
      return { start: entries[i + 2] ?? 0, end: entries[i + 3] ?? 0 };
    }
    return undefined;
  }

  #isAt(start: number, wanted: Uint8Array): boolean {
    for (let i = 0; i < wanted.length; i++) if (this.#bytes[start + i] !== wanted[i]) return false;
    return true;
  }
}

/**
 * Where the values of a dictionary lie in its encoded form, by key: for `info` the bytes an infohash is taken
 * over (BEP 3). `undefined` where `bytes` hold something else. Checks all of `bytes` and throws as {@link decode} does.
 */
export function rawDictSpans(bytes: Uint8Array, limits?: Partial<BencodeLimits>): DictSpans | undefined {
  const { topEntries } = scanWhole(bytes, limits);
  return isDictAt(bytes, 0) ? new DictSpans(bytes, topEntries) : undefined;
}

/**
 * Where the items of a list lie in its encoded form; `undefined` where `bytes` hold something else.
 * Checks all of `bytes` and throws as {@link decode} does.
 */
export function rawListSpans(
  bytes: Uint8Array,
  limits?: Partial<BencodeLimits>,
): readonly Span[] | undefined {
  const { topItems } = scanWhole(bytes, limits);
  if (bytes[0] !== listByte) return undefined;
  const spans: Span[] = [];
  for (let i = 0; i < topItems.length; i += 2) {
    spans.push({ start: topItems[i] ?? 0, end: topItems[i + 1] ?? 0 });
  }
  return spans;
}

/**
 * A view of the byte string whose encoded form is at `span`, found by one of the functions above;
 * `undefined` where that is something else.
 */
export function rawString(bytes: Uint8Array, span: Span): Uint8Array | undefined {
  const first = bytes[span.start] ?? 0;
  if (first < 0x30 || first > 0x39) return undefined;
  return bytes.subarray(bytes.indexOf(colonByte, span.start) + 1, span.end);
}

/**
 * The integer whose encoded form is at `span`, found by one of the functions above; `undefined` where that
 * is something else.
 */
export function rawInteger(bytes: Uint8Array, { start, end }: Span): number | undefined {
  if (bytes[start] !== integerByte) return undefined;
  let value = 0;
  for (let i = start + 1; i < end - 1; i++) {
    const byte = bytes[i] ?? 0;
    if (byte !== minusByte) value = value * 10 + (byte - 0x30);
  }
  return bytes[start + 1] === minusByte ? -value : value;
}

/**
 * The one encoding of `value` (BEP 3): keys sorted as raw bytes. What it gives, {@link decode} takes
 * with its default limits. Throws {@link BencodeError}: `BENCODE_NUMBER` for a fraction, NaN or an
 * integer beyond 2^53 - 1, `BENCODE_TEXT` for unpaired surrogates, `BENCODE_TYPE` for anything that is
 * not a {@link BencodeInput} (null, booleans, functions, class instances), `BENCODE_DEPTH` for deep or
 * circular values, `BENCODE_TOKENS` for too many.
 */
export function encode(value: BencodeInput): Uint8Array {
  // The library's own dictionaries are sorted as UTF-16, and it drops what it does not know.
  return new Encoder((scalar) => bencode.encode(scalar)).run(value);
}
