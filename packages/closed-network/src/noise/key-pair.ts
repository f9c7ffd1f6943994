import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { NoiseError } from './noise-error.js';

/** Bytes of an X25519 key, private or public, and of what two of them share. */
export const keyLength = 32;

// What stands before the 32 bytes of a key in PKCS #8 and SPKI (RFC 8410).
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/** An X25519 key pair. */
export class KeyPair {
  readonly #private: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;

  /** From the 32 bytes of the private key. Throws `RangeError` for another length. */
  constructor(privateKey: Uint8Array) {
    if (privateKey.length !== keyLength) throw new RangeError(`a key has ${keyLength} bytes`);
    const key = Buffer.concat([privatePrefix, privateKey]);
    this.#private = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.#private).export({ format: 'der', type: 'spki' });
    this.publicKey = new Uint8Array(spki.subarray(publicPrefix.length));
  }

  /** What is shared with the owner of a public key. Throws {@link NoiseError} for a key that is none. */
  sharedWith(publicKey: Uint8Array): Uint8Array {
    try {
      const key = Buffer.concat([publicPrefix, publicKey]);
      const remote = createPublicKey({ key, format: 'der', type: 'spki' });
      return diffieHellman({ privateKey: this.#private, publicKey: remote });
    } catch (error) {
      // Points of small order among them: everybody would share the same with those.
      throw new NoiseError('not a public key', { cause: error });
    }
  }
}
