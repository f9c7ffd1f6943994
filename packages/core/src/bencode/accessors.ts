import { isUtf8 } from 'node:buffer';
import type { BencodeDict, BencodeValue } from './value.js';

// A byte order mark is text like any other: dropping it would make two names one.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The value where it is a dictionary. */
export function asDict(value: BencodeValue | undefined): BencodeDict | undefined {
  if (typeof value !== 'object' || value instanceof Uint8Array || isList(value)) return undefined;
  return value;
}

/** The value where it is a list. */
export function asList(value: BencodeValue | undefined): readonly BencodeValue[] | undefined {
  return isList(value) ? value : undefined;
}

/** The value where it is an integer. */
export function asInteger(value: BencodeValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The value where it is a byte string. */
export function asBytes(value: BencodeValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

/** The value as text where it is a byte string of valid UTF-8. */
export function asText(value: BencodeValue | undefined): string | undefined {
  return value instanceof Uint8Array && isUtf8(value) ? decoder.decode(value) : undefined;
}

// Array.isArray alone does not narrow a readonly array.
function isList(value: BencodeValue | undefined): value is readonly BencodeValue[] {
  return Array.isArray(value);
}
