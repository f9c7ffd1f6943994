import type { SecureRandom } from '@peerloom/core/plugin';

const drawnBytes = 4096;
const wordBytes = 4;

/** Integers by chance out of a source of random bytes, which is asked for many at a time. */
export class Chance {
  readonly #source: SecureRandom;
  #words: DataView = new DataView(new ArrayBuffer(0));
  #offset = 0;

  constructor(source: SecureRandom) {
    this.#source = source;
  }

  /** An integer in [0, bound), for a bound of at most 2^32. */
  integer(bound: number): number {
    if (this.#offset + wordBytes > this.#words.byteLength) {
      const { buffer, byteOffset, byteLength } = this.#source.bytes(drawnBytes);
      this.#words = new DataView(buffer, byteOffset, byteLength);
      this.#offset = 0;
    }
    const word = this.#words.getUint32(this.#offset);
    this.#offset += wordBytes;
    return Math.floor((word / 2 ** 32) * bound);
  }
}
