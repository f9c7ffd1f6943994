import { randomFillSync } from 'node:crypto';
import { utf8 } from '../common/bytes.js';
import { PeerloomError } from '../common/errors.js';
import type { Random, SecureRandom } from '../ports/random.js';
import { xoshiro128StarStar } from './xoshiro.js';

/** The operating system's random source, through node. */
export class SystemSecureRandom implements SecureRandom {
  bytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length));
  }
}

/** xoshiro128**: the same seed gives the same numbers on every machine. */
export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  /** Any number or text; a number and its decimal text are the same seed. */
  constructor(seed: number | string) {
    this.#state = stateOf(utf8(String(seed)));
  }

  next(): number {
    const high = this.#next32() >>> 5;
    const low = this.#next32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Throws `RANDOM_BOUND` where `bound` is no integer from 1 to 2^31. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 31) {
      throw new PeerloomError('RANDOM_BOUND', `not a bound from 1 to 2^31: ${bound}`);
    }
    // Numbers past the last whole multiple of the bound would favour the low results.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = this.#next32();
    while (value >= limit) value = this.#next32();
    return value % bound;
  }

  #next32(): number {
    return xoshiro128StarStar(this.#state);
  }
}

/** Four words that each depend on every byte: cyrb128 (bryc, public domain). */
function stateOf(seed: Uint8Array): Uint32Array {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (const byte of seed) {
    a = b ^ Math.imul(a ^ byte, 597399067);
    b = c ^ Math.imul(b ^ byte, 2869860233);
    c = d ^ Math.imul(c ^ byte, 951274213);
    d = a ^ Math.imul(d ^ byte, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  const state = Uint32Array.of(a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a);
  // The one state that the generator never leaves.
  if (state.every((word) => word === 0)) state[0] = 1;
  return state;
}
