import { createCipheriv, createDecipheriv } from 'node:crypto';
import { NoiseError } from './noise-error.js';

/** Bytes by which a ciphertext is longer than what it holds. */
export const tagLength = 16;
const algorithm = 'chacha20-poly1305';
const options = { authTagLength: tagLength };
const none = new Uint8Array(0);
/** Far below the framework's limit of 2^64 - 1, and exact as a number. */
const maxNonce = 2 ** 48;

/** Nonces as ChaCha20-Poly1305 wants them: 32 bits of zeros, then the number, little-endian. */
function writeNonce(target: Buffer, low: number, high: number): void {
  target.writeUInt32LE(low, 4);
  target.writeUInt32LE(high, 8);
}

/** A key and the number of the next message under it: `CipherState` of the Noise framework, section 5.1. */
export class CipherState {
  #key: Uint8Array;
  #nonce = 0;
  readonly #nonceBytes = Buffer.alloc(12);

  /** `key` has 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Encrypts into `target` at `offset`, where `plain.length + tagLength` bytes are free. */
  encryptInto(target: Uint8Array, offset: number, plain: Uint8Array, associated: Uint8Array = none): void {
    const cipher = createCipheriv(algorithm, this.#key, this.#nextNonce(), options);
    if (associated.length > 0) cipher.setAAD(associated, { plaintextLength: plain.length });
    target.set(cipher.update(plain), offset);
    cipher.final();
    target.set(cipher.getAuthTag(), offset + plain.length);
  }

  /** The ciphertext of `plain`, with its tag. */
  encrypt(plain: Uint8Array, associated: Uint8Array = none): Uint8Array {
    const ciphertext = new Uint8Array(plain.length + tagLength);
    this.encryptInto(ciphertext, 0, plain, associated);
    return ciphertext;
  }

  /** What a ciphertext holds. Throws {@link NoiseError} where it is not authentic. */
  decrypt(ciphertext: Uint8Array, associated: Uint8Array = none): Uint8Array {
    const length = ciphertext.length - tagLength;
    if (length < 0) throw new NoiseError('too short to be a ciphertext');
    const decipher = createDecipheriv(algorithm, this.#key, this.#nextNonce(), options);
    decipher.setAuthTag(ciphertext.subarray(length));
    if (associated.length > 0) decipher.setAAD(associated, { plaintextLength: length });
    const plain = decipher.update(ciphertext.subarray(0, length));
    try {
      decipher.final();
    } catch (error) {
      throw new NoiseError('a ciphertext that is not authentic', { cause: error });
    }
    return plain;
  }

  /** Replaces the key by one made from it, so that the old one can be forgotten; section 4.2 of the framework. */
  rekey(): void {
    writeNonce(this.#nonceBytes, 0xffffffff, 0xffffffff);
    const cipher = createCipheriv(algorithm, this.#key, this.#nonceBytes, options);
    this.#key = cipher.update(new Uint8Array(32));
    cipher.final();
  }

  #nextNonce(): Uint8Array {
    if (this.#nonce >= maxNonce) throw new NoiseError('no nonce is left');
    writeNonce(this.#nonceBytes, this.#nonce % 2 ** 32, Math.floor(this.#nonce / 2 ** 32));
    this.#nonce++;
    return this.#nonceBytes;
  }
}
