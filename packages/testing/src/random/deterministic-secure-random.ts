import { type Cipher, createCipheriv, createHash } from 'node:crypto';
import type { SecureRandom } from '@peerloom/core';

/**
 * Bytes that only look random: the same seed gives the same keys, peer ids and tokens, so that a run can be
 * repeated. For tests only; a session that is given it says that it is insecure.
 */
export class DeterministicSecureRandom implements SecureRandom {
  readonly #stream: Cipher;

  /** Any number or text; a number and its decimal text are the same seed. */
  constructor(seed: number | string) {
    const key = createHash('sha256').update(String(seed)).digest();
    this.#stream = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  }

  bytes(length: number): Uint8Array {
    // A copy of its own: the cipher's result may share memory with others.
    return new Uint8Array(this.#stream.update(new Uint8Array(length)));
  }
}
