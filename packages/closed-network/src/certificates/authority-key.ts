import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { concatBytes } from '@peerloom/core/plugin';

/** Bytes of an Ed25519 key, private or public. */
export const authorityKeyLength = 32;
/** Bytes of an Ed25519 signature. */
export const signatureLength = 64;

// What stands before the 32 bytes of a key in PKCS #8 and SPKI (RFC 8410).
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const networkLabel = new TextEncoder().encode('peerloom-network-v1\0');

/** The Ed25519 key pair by which an authority says who is a member. */
export class AuthorityKey {
  readonly #private: KeyObject;
  /** 32 bytes: what members know it by. */
  readonly publicKey: Uint8Array;

  /** From the 32 bytes of the private key. Throws `RangeError` for another length. */
  constructor(privateKey: Uint8Array) {
    if (privateKey.length !== authorityKeyLength)
      throw new RangeError(`a key has ${authorityKeyLength} bytes`);
    const key = Buffer.concat([privatePrefix, privateKey]);
    this.#private = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.#private).export({ format: 'der', type: 'spki' });
    this.publicKey = new Uint8Array(spki.subarray(publicPrefix.length));
  }

  /** The 64-byte signature of what a label says it is. */
  sign(label: Uint8Array, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, concatBytes(label, bytes), this.#private));
  }
}

/** Whether an authority has signed these bytes under this label. */
export function isSignedBy(
  authority: Uint8Array,
  label: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = createPublicKey({ key: Buffer.concat([publicPrefix, authority]), format: 'der', type: 'spki' });
  return verify(null, concatBytes(label, bytes), key, signature);
}

/** The 32 bytes that name a network: that of an authority, or the one of all who share a secret and have none. */
export function networkIdOf(authority: Uint8Array | undefined): Uint8Array {
  const digest = createHash('sha256').update(networkLabel);
  if (authority !== undefined) digest.update(authority);
  return new Uint8Array(digest.digest());
}
