import { bytesToHex } from './bytes.js';
import { addressBytes, normalizeAddress } from './endpoint.js';

/** An address as what sorts like it: a number for IPv4, 32 hexadecimal digits for IPv6. */
export type AddressKey = number | string;

/** Addresses of one family, first and last included. */
export interface AddressKeyRange {
  readonly first: AddressKey;
  readonly last: AddressKey;
}

const dottedPattern = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Lists pad numbers with zeros (`001.002.003.004`), which elsewhere is taken for octal and so refused. */
function dottedKey(text: string): number | undefined {
  const match = dottedPattern.exec(text);
  if (match === null) return undefined;
  let key = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = Number(match[i]);
    if (octet > 255) return undefined;
    key = key * 256 + octet;
  }
  return key;
}

/**
 * The key of an IPv4 or IPv6 address; that of the IPv4 address for an IPv4-mapped IPv6 one. `undefined` where
 * `text` is none.
 */
export function addressKey(text: string): AddressKey | undefined {
  const dotted = dottedKey(text);
  if (dotted !== undefined || !text.includes(':')) return dotted;
  const address = normalizeAddress(text);
  if (address === undefined) return undefined;
  return dottedKey(address) ?? bytesToHex(addressBytes(address));
}

/** A range of two ends. `undefined` where one is no address, they are of two families, or out of order. */
export function keyRange(first: string, last: string): AddressKeyRange | undefined {
  const from = addressKey(first);
  const to = addressKey(last);
  if (from === undefined || to === undefined || typeof from !== typeof to || from > to) return undefined;
  return { first: from, last: to };
}

/** Bits of an IPv4-mapped IPv6 address before the IPv4 one. */
const mappedBits = 96;

/** The range of `address/bits`; bits beyond the prefix are ignored. `undefined` where it is none. */
function prefixRange(address: string, bits: number): AddressKeyRange | undefined {
  const key = addressKey(address);
  if (key === undefined) return undefined;
  if (typeof key === 'number') {
    const ownBits = address.includes(':') ? bits - mappedBits : bits;
    if (ownBits < 0 || ownBits > 32) return undefined;
    const size = 2 ** (32 - ownBits);
    const first = key - (key % size);
    return { first, last: first + size - 1 };
  }
  if (bits > 128) return undefined;
  const size = 1n << BigInt(128 - bits);
  const value = BigInt(`0x${key}`);
  const first = value - (value % size);
  return { first: hexKey(first), last: hexKey(first + size - 1n) };
}

function hexKey(value: bigint): string {
  return value.toString(16).padStart(32, '0');
}

/** Reads `ADDRESS`, `ADDRESS/BITS` or `FIRST-LAST`, IPv4 or IPv6. `undefined` where it is none of these. */
export function parseAddressRange(text: string): AddressKeyRange | undefined {
  const dash = text.indexOf('-');
  if (dash >= 0) return keyRange(text.slice(0, dash).trim(), text.slice(dash + 1).trim());
  const slash = text.indexOf('/');
  if (slash < 0) return keyRange(text, text);
  const bits = text.slice(slash + 1);
  return /^\d{1,3}$/.test(bits) ? prefixRange(text.slice(0, slash), Number(bits)) : undefined;
}
