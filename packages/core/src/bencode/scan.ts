import { BencodeError } from '../common/errors.js';
import { printable } from '../common/printable.js';
import type { BencodeLimits } from './value.js';

/** Bytes from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What {@link scan} found in an input that is well formed. */
export interface ScanResult {
  /** Where the first value ends. */
  readonly end: number;
  /** Offset of the first byte of each list and dictionary, outermost first, in order of the input. */
  readonly containers: readonly number[];
  /**
   * Where the first value is a dictionary: for each entry the start and end of the key's bytes and the
   * start and end of the value as encoded, one after the other.
   */
  readonly topEntries: readonly number[];
  /** Where the first value is a list: the start and end of each item as encoded, one after the other. */
  readonly topItems: readonly number[];
}

const maxDepthAllowed = 1_000;
/** Keys that are longer are not compared byte by byte. */
const quickKeyBytes = 32;
/** The language takes all strings of one length for equal when it hashes them, where they are long. */
const maxHashedKeyBytes = 4_096;
const dictByte = 0x64;
const endByte = 0x65;
const integerByte = 0x69;
const listByte = 0x6c;
const colonByte = 0x3a;
const minusByte = 0x2d;
const zeroByte = 0x30;

/** Whether the container that starts at `offset` is a dictionary. */
export function isDictAt(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset] === dictByte;
}

/**
 * Checks the first value of `bytes` (BEP 3, "bencoding") without building it, reading each byte at most
 * once but for keys. Strict where two readers could disagree: integers and lengths without leading
 * zeros or `-0`, within ±(2^53 - 1), strings within the input, no key twice in a dictionary. Keys out of
 * order are let through, as real torrents have them. Throws {@link BencodeError}.
 */
export function scan(bytes: Uint8Array, limits: BencodeLimits): ScanResult {
  return new Scanner(bytes, limits).run();
}

class Scanner {
  readonly #bytes: Uint8Array;
  /** The same bytes. */
  readonly #buffer: Buffer;
  readonly #maxDepth: number;
  readonly #maxTokens: number;
  readonly #containers: number[] = [];
  readonly #topEntries: number[] = [];
  readonly #topItems: number[] = [];
  /** Start and end of the keys of every dictionary that is open, outer ones first. */
  readonly #openKeys: number[] = [];
  #position = 0;
  #tokens = 0;

  constructor(bytes: Uint8Array, limits: BencodeLimits) {
    this.#bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#maxDepth = Math.min(limits.maxDepth, maxDepthAllowed);
    this.#maxTokens = limits.maxTokens;
  }

  run(): ScanResult {
    this.#value(0);
    return {
      end: this.#position,
      containers: this.#containers,
      topEntries: this.#topEntries,
      topItems: this.#topItems,
    };
  }

  #value(depth: number): void {
    const byte = this.#bytes[this.#position];
    if (byte === dictByte || byte === listByte) {
      this.#countToken();
      if (depth >= this.#maxDepth) {
        this.#fail('BENCODE_DEPTH', `more than ${this.#maxDepth} lists and dictionaries inside each other`);
      }
      this.#containers.push(this.#position++);
      if (byte === dictByte) this.#dict(depth + 1);
      else this.#list(depth + 1);
    } else if (byte === integerByte) {
      this.#countToken();
      this.#position++;
      this.#integer();
    } else {
      this.#string('a value');
    }
  }

  #list(depth: number): void {
    while (this.#bytes[this.#position] !== endByte) {
      const start = this.#position;
      this.#value(depth);
      if (depth === 1) this.#topItems.push(start, this.#position);
    }
    this.#position++;
  }

  #dict(depth: number): void {
    const keys = this.#openKeys;
    const first = keys.length;
    let isSorted = true;
    while (this.#bytes[this.#position] !== endByte) {
      const keyStart = this.#string('a key');
      const keyEnd = this.#position;
      if (keys.length > first && isSorted) {
        const order = this.#compareKeys(keys.length - 2, keyStart, keyEnd);
        if (order === 0) this.#failDuplicate(keyStart, keyEnd);
        isSorted = order < 0;
      }
      keys.push(keyStart, keyEnd);
      const valueStart = this.#position;
      this.#value(depth);
      if (depth === 1) this.#topEntries.push(keyStart, keyEnd, valueStart, this.#position);
    }
    this.#position++;
    if (!isSorted) this.#checkDuplicates(first);
    keys.length = first;
  }

  /** Keys in ascending order were compared as they came; others are looked up, long ones are sorted. */
  #checkDuplicates(first: number): void {
    const keys = this.#openKeys;
    const seen = new Set<string>();
    const long: number[] = [];
    for (let i = first; i < keys.length; i += 2) {
      const [start = 0, end = 0] = [keys[i], keys[i + 1]];
      if (end - start > maxHashedKeyBytes) {
        long.push(i);
        continue;
      }
      // One character a byte, so that different bytes are different keys.
      const key = this.#buffer.toString('latin1', start, end);
      if (seen.has(key)) this.#failDuplicate(start, end);
      seen.add(key);
    }
    long.sort((a, b) => this.#compareKeys(a, keys[b] ?? 0, keys[b + 1] ?? 0));
    for (let i = 1; i < long.length; i++) {
      const key = long[i] ?? 0;
      const [start = 0, end = 0] = [keys[key], keys[key + 1]];
      if (this.#compareKeys(long[i - 1] ?? 0, start, end) === 0) this.#failDuplicate(start, end);
    }
  }

  /** Order, as raw bytes, of the key at `index` of the open keys and the key of the given span. */
  #compareKeys(index: number, start: number, end: number): number {
    const bytes = this.#bytes;
    const otherStart = this.#openKeys[index] ?? 0;
    const otherEnd = this.#openKeys[index + 1] ?? 0;
    const otherLength = otherEnd - otherStart;
    const length = Math.min(otherLength, end - start, quickKeyBytes);
    for (let i = 0; i < length; i++) {
      const difference = (bytes[otherStart + i] ?? 0) - (bytes[start + i] ?? 0);
      if (difference !== 0) return difference;
    }
    if (length < quickKeyBytes) return otherLength - (end - start);
    return this.#buffer.compare(this.#buffer, start, end, otherStart, otherEnd);
  }

  /** Passes over a string and returns where its bytes start; they end at the position. */
  #string(what: string): number {
    const offset = this.#position;
    this.#countToken();
    const length = this.#digits(colonByte, what);
    const start = this.#position;
    if (length > this.#bytes.length - start) {
      this.#fail(
        'BENCODE_STRING_LENGTH',
        `a string of ${length} bytes where ${this.#bytes.length - start} are left`,
        offset,
      );
    }
    this.#position = start + length;
    return start;
  }

  #integer(): void {
    const isNegative = this.#bytes[this.#position] === minusByte;
    if (isNegative) this.#position++;
    const offset = this.#position;
    const magnitude = this.#digits(endByte, 'a digit');
    if (isNegative && magnitude === 0) this.#fail('BENCODE_INTEGER', 'the integer -0', offset);
  }

  /** Reads digits and the `terminator` after them. */
  #digits(terminator: number, expected: string): number {
    const bytes = this.#bytes;
    const offset = this.#position;
    let value = 0;
    let position = offset;
    for (; ; position++) {
      const digit = (bytes[position] ?? 0) - zeroByte;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      // Further digits cannot bring it back; no need to read what may be megabytes of them.
      if (value > Number.MAX_SAFE_INTEGER) {
        this.#fail('BENCODE_INTEGER_RANGE', 'a number beyond 2^53 - 1', offset);
      }
    }
    this.#position = position;
    if (position >= bytes.length) this.#fail('BENCODE_TRUNCATED', 'the input ends inside a value');
    if (position === offset) this.#failUnexpected(expected);
    if (bytes[position] !== terminator)
      this.#failUnexpected(`a digit or '${String.fromCharCode(terminator)}'`);
    if (bytes[offset] === zeroByte && position - offset > 1) {
      this.#fail('BENCODE_INTEGER', 'a number with a leading zero', offset);
    }
    this.#position = position + 1;
    return value;
  }

  #countToken(): void {
    if (this.#position >= this.#bytes.length) {
      this.#fail('BENCODE_TRUNCATED', 'the input ends where a value or an end is expected');
    }
    if (++this.#tokens > this.#maxTokens) {
      this.#fail('BENCODE_TOKENS', `more than ${this.#maxTokens} strings, integers, lists and dictionaries`);
    }
  }

  #failUnexpected(expected: string): never {
    const byte = (this.#bytes[this.#position] ?? 0).toString(16).padStart(2, '0');
    this.#fail('BENCODE_SYNTAX', `byte 0x${byte} where ${expected} is expected`);
  }

  #failDuplicate(start: number, end: number): never {
    const key = new TextDecoder().decode(
      new Uint8Array(this.#bytes.subarray(start, Math.min(end, start + 80))),
    );
    this.#fail('BENCODE_DUPLICATE_KEY', `the key '${printable(key)}' twice in one dictionary`, start);
  }

  #fail(code: string, message: string, offset = this.#position): never {
    throw new BencodeError(code, `${message}, at byte ${offset}`, offset);
  }
}
