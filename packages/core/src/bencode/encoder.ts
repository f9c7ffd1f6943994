import { utf8 } from '../common/bytes.js';
import { BencodeError } from '../common/errors.js';
import { printable } from '../common/printable.js';
import { type BencodeInput, defaultBencodeLimits } from './value.js';

const dictOpen = utf8('d');
const listOpen = utf8('l');
const close = utf8('e');
const unpairedSurrogate = /\p{Cs}/u;

/**
 * Writes lists and dictionaries, keys in order of their raw bytes; how an integer or a byte string is
 * written it is told by `encodeScalar`. Good for one value.
 */
export class Encoder {
  readonly #encodeScalar: (scalar: number | Uint8Array) => Uint8Array;
  readonly #parts: Uint8Array[] = [];
  /** Keys and indices that lead to the value at hand. */
  readonly #path: (string | number)[] = [];
  #length = 0;
  #tokens = 0;

  constructor(encodeScalar: (scalar: number | Uint8Array) => Uint8Array) {
    this.#encodeScalar = encodeScalar;
  }

  /** The encoding of `value`. Throws {@link BencodeError}. */
  run(value: BencodeInput): Uint8Array {
    this.#value(value);
    const all = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      all.set(part, offset);
      offset += part.length;
    }
    return all;
  }

  #value(value: unknown): void {
    const { maxDepth, maxTokens } = defaultBencodeLimits;
    if (++this.#tokens > maxTokens) this.#fail('BENCODE_TOKENS', `more than ${maxTokens} values and keys`);
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value))
        this.#fail('BENCODE_NUMBER', `${value} is not an integer within 2^53 - 1`);
      this.#push(this.#encodeScalar(value));
    } else if (typeof value === 'string') {
      this.#push(this.#encodeScalar(this.#textBytes(value)));
    } else if (value instanceof Uint8Array) {
      this.#push(this.#encodeScalar(value));
    } else if (Array.isArray(value) || isPlainObject(value)) {
      if (this.#path.length >= maxDepth) this.#fail('BENCODE_DEPTH', `deeper than ${maxDepth}, or circular`);
      if (Array.isArray(value)) this.#list(value);
      else this.#dict(value);
    } else {
      this.#fail('BENCODE_TYPE', `${typeName(value)} has no encoding`);
    }
  }

  #list(list: readonly unknown[]): void {
    this.#push(listOpen);
    for (const [index, item] of list.entries()) this.#child(index, item);
    this.#push(close);
  }

  #dict(dict: Readonly<Record<string, unknown>>): void {
    this.#push(dictOpen);
    const entries = Object.entries(dict).filter(([, value]) => value !== undefined);
    const sorted = entries.map(([name, value]) => ({ name, value, key: this.#textBytes(name) }));
    sorted.sort((a, b) => compareBytes(a.key, b.key));
    for (const { name, value, key } of sorted) {
      this.#tokens++;
      this.#push(this.#encodeScalar(key));
      this.#child(name, value);
    }
    this.#push(close);
  }

  #child(step: string | number, value: unknown): void {
    this.#path.push(step);
    this.#value(value);
    this.#path.pop();
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }

  #textBytes(text: string): Uint8Array {
    if (unpairedSurrogate.test(text)) this.#fail('BENCODE_TEXT', 'text with an unpaired surrogate');
    return utf8(text);
  }

  #fail(code: string, what: string): never {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    throw new BencodeError(code, `cannot encode value${printable(path)}: ${what}`);
  }
}

/** Order of two keys as raw bytes, as BEP 3 sorts them. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Objects of this or another realm that are no instances of a class, whose contents would be lost. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function typeName(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'function' ? 'a function' : String(value);
  return `an object of type ${Object.prototype.toString.call(value)}`;
}
