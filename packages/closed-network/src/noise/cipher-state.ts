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

/** A message that is decrypted as it comes. */
export interface Decryption {
  /** What a part of the ciphertext holds: not to be believed before {@link finish}. */
  update(ciphertext: Uint8Array): Uint8Array;
  /** All of the ciphertext has come. Throws {@link NoiseError} where it is not authentic. */
  finish(tag: Uint8Array): void;
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

  /** The ciphertext of `plain` without its tag, which is written into `target` at `offset`. */
  encryptApart(
    plain: Uint8Array,
    target: Uint8Array,
    offset: number,
    associated: Uint8Array = none,
  ): Uint8Array {
    const cipher = createCipheriv(algorithm, this.#key, this.#nextNonce(), options);
    if (associated.length > 0) cipher.setAAD(associated, { plaintextLength: plain.length });
    const ciphertext = cipher.update(plain);
    cipher.final();
    target.set(cipher.getAuthTag(), offset);
    return ciphertext;
  }

  /** The ciphertext of `plain`, with its tag. */
  encrypt(plain: Uint8Array, associated: Uint8Array = none): Uint8Array {
    const ciphertext = new Uint8Array(plain.length + tagLength);
    ciphertext.set(this.encryptApart(plain, ciphertext, plain.length, associated));
    return ciphertext;
  }

  /** Begins the next message, whose ciphertext comes in parts. */
  beginDecryption(): Decryption {
    const decipher = createDecipheriv(algorithm, this.#key, this.#nextNonce(), options);
    return {
      update: (ciphertext) => decipher.update(ciphertext),
      finish: (tag) => {
        decipher.setAuthTag(tag);
        try {
          decipher.final();
        } catch (error) {
          throw new NoiseError('a ciphertext that is not authentic', { cause: error });
        }
      },
    };
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
