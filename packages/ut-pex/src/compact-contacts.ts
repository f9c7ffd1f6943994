import {
  addressBytes,
  addressFromBytes,
  type Endpoint,
  endpoint,
  type PeerFlags,
} from '@peerloom/core/plugin';

/** A peer as others are told of it. */
export interface PexContact {
  /** Where it listens. */
  readonly endpoint: Endpoint;
  /** What is known of it. */
  readonly flags: PeerFlags;
}

const portBytes = 2;
/** Bits of `added.f` (BEP 11). */
const flagBits: Readonly<Record<keyof PeerFlags, number>> = {
  prefersEncryption: 0x01,
  isSeed: 0x02,
  supportsUtp: 0x04,
  supportsHolepunch: 0x08,
  isReachable: 0x10,
};
const flagNames = Object.keys(flagBits) as (keyof PeerFlags)[];

/** Bytes of one contact: an address and a port. */
function contactBytes(family: 4 | 6): number {
  return (family === 4 ? 4 : 16) + portBytes;
}

/** Endpoints of one family in compact form (BEP 23, 7). */
export function encodeEndpoints(endpoints: readonly Endpoint[], family: 4 | 6): Uint8Array {
  const size = contactBytes(family);
  const bytes = new Uint8Array(endpoints.length * size);
  for (const [i, { address, port }] of endpoints.entries()) {
    bytes.set(addressBytes(address), i * size);
    bytes.set([port >> 8, port & 255], (i + 1) * size - portBytes);
  }
  return bytes;
}

/**
 * The endpoints in a compact list, IPv4-mapped IPv6 addresses as the IPv4 ones that they are; `undefined` where it
 * does not come out even.
 */
export function decodeEndpoints(bytes: Uint8Array, family: 4 | 6): Endpoint[] | undefined {
  const size = contactBytes(family);
  if (bytes.length % size !== 0) return undefined;
  return Array.from({ length: bytes.length / size }, (_, i) => {
    const entry = bytes.subarray(i * size, (i + 1) * size);
    const address = addressFromBytes(entry.subarray(0, size - portBytes)) ?? '';
    return endpoint(address, ((entry[size - 2] ?? 0) << 8) | (entry[size - 1] ?? 0));
  });
}

/** One byte for each contact. */
export function encodeFlags(contacts: readonly PexContact[]): Uint8Array {
  return Uint8Array.from(contacts, ({ flags }) =>
    flagNames.reduce((byte, name) => (flags[name] === true ? byte | flagBits[name] : byte), 0),
  );
}

/** What a byte says; reserved bits say nothing. */
export function decodeFlags(byte: number): PeerFlags {
  const set = flagNames.filter((name) => (byte & flagBits[name]) !== 0);
  return Object.fromEntries(set.map((name) => [name, true]));
}
