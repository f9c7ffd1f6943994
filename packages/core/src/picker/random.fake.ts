import type { Random } from '../ports/random.js';

/** Seeded randomness for tests (mulberry32); counts its draws. */
export class FakeRandom implements Random {
  draws = 0;
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.draws++;
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }
}
