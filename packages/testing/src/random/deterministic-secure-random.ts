import { createHash } from 'node:crypto';
import type { SecureRandom } from '@peerloom/core';

/**
 * Bytes that only look random: the same seed gives the same keys, peer ids and tokens, so that a run can be
 * repeated. For tests only; a session that is given it says that it is insecure.
 */
export class DeterministicSecureRandom implements SecureRandom {
  readonly #seed: string;
  #block = 0;
  #rest = new Uint8Array(0);

  /** Any number or text; a number and its decimal text are the same seed. */
  constructor(seed: number | string) {
    this.#seed = String(seed);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#rest.length === 0) this.#rest = this.#nextBlock();
      const part = this.#rest.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return bytes;
  }

  #nextBlock(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(
      createHash('sha512')
        .update(`${this.#block++}:${this.#seed}`)
        .digest(),
    );
  }
}
