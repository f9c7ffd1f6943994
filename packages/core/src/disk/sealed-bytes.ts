import { createHash } from 'node:crypto';
import { bytesEqual, concatBytes } from '../common/bytes.js';

const digestLength = 32;

function headerOf(kind: string): Uint8Array {
  return new TextEncoder().encode(`peerloom ${kind}\n`);
}

function digestOf(header: Uint8Array, body: Uint8Array): Uint8Array {
  return createHash('sha256').update(header).update(body).digest();
}

/**
 * What a file of our own holds: a line that says what it is, a checksum, and `body`.
 *
 * @param kind What it is and of which version, such as `resume 1`.
 */
export function sealBytes(kind: string, body: Uint8Array): Uint8Array {
  const header = headerOf(kind);
  return concatBytes(header, digestOf(header, body), body);
}

/** The body of what {@link sealBytes} gave; `undefined` where anything of it was changed, or it is of another kind. */
export function unsealBytes(kind: string, sealed: Uint8Array): Uint8Array | undefined {
  const header = headerOf(kind);
  const start = header.length + digestLength;
  if (sealed.length < start || !bytesEqual(sealed.subarray(0, header.length), header)) return undefined;
  const body = sealed.subarray(start);
  return bytesEqual(sealed.subarray(header.length, start), digestOf(header, body)) ? body : undefined;
}
