import type { Random } from '../ports/random.js';
import type { Availability } from './availability.js';
import type { CandidateOrder } from './candidate-order.js';
import { IndexSet } from './index-set.js';
import { type Priorities, topPriority } from './priorities.js';

/** More than any count of holders that {@link Availability} keeps. */
const holderLimit = 65_536;

/** The pieces of one priority, in a bucket for each number of holders. */
class Level {
  readonly buckets: number[][] = [];
  readonly occupied = new IndexSet(holderLimit);
}

/**
 * Highest priority first, then rarest first, equals in random order. Bucket sort: a piece moves between
 * buckets in O(1). A walk shuffles the bucket it is in as it goes (Fisher-Yates), so each step is a
 * fair draw whatever happened to the bucket before.
 */
export class RarestOrder implements CandidateOrder {
  readonly #priorities: Priorities;
  readonly #availability: Availability;
  readonly #random: Random;
  // Highest priority first.
  readonly #levels: (Level | undefined)[] = new Array<Level | undefined>(topPriority).fill(undefined);
  // Where in its bucket each piece is.
  readonly #slots: Int32Array;

  #level = 0;
  #holders = 0;
  #bucket: number[] | undefined;
  #index = 0;

  constructor(pieceCount: number, priorities: Priorities, availability: Availability, random: Random) {
    this.#priorities = priorities;
    this.#availability = availability;
    this.#random = random;
    this.#slots = new Int32Array(pieceCount);
  }

  insert(piece: number): void {
    const index = topPriority - this.#priorities.of(piece);
    let level = this.#levels[index];
    if (level === undefined) {
      level = new Level();
      this.#levels[index] = level;
    }
    const holders = this.#availability.holders(piece);
    while (level.buckets.length <= holders) level.buckets.push([]);
    const bucket = level.buckets[holders];
    if (bucket === undefined) return;
    this.#slots[piece] = bucket.length;
    bucket.push(piece);
    if (bucket.length === 1) level.occupied.add(holders);
  }

  remove(piece: number): void {
    const level = this.#levels[topPriority - this.#priorities.of(piece)];
    const holders = this.#availability.holders(piece);
    const bucket = level?.buckets[holders];
    const last = bucket?.pop();
    if (level === undefined || bucket === undefined || last === undefined) return;
    if (last !== piece) {
      const slot = this.#slots[piece] ?? 0;
      bucket[slot] = last;
      this.#slots[last] = slot;
    }
    if (bucket.length === 0) level.occupied.delete(holders);
  }

  keyOf(piece: number): number {
    return (topPriority - this.#priorities.of(piece)) * holderLimit + this.#availability.holders(piece);
  }

  get topPriority(): number {
    for (let index = 0; index < topPriority; index++) {
      if ((this.#levels[index]?.occupied.count ?? 0) > 0) return topPriority - index;
    }
    return 0;
  }

  get reached(): number {
    return this.#level < topPriority ? this.#level * holderLimit + this.#holders : Number.POSITIVE_INFINITY;
  }

  seek(key: number): void {
    this.#level = Math.min(topPriority, Math.floor(key / holderLimit));
    this.#holders = this.#level < topPriority ? key % holderLimit : 0;
    this.#bucket = undefined;
  }

  next(): number {
    while (this.#bucket === undefined || this.#index === this.#bucket.length) {
      if (!this.#enterBucket()) return -1;
    }
    const bucket = this.#bucket;
    const from = this.#index++;
    const drawn = from + this.#random.integer(bucket.length - from);
    const piece = bucket[drawn] ?? -1;
    const displaced = bucket[from] ?? -1;
    bucket[drawn] = displaced;
    bucket[from] = piece;
    this.#slots[displaced] = drawn;
    this.#slots[piece] = from;
    return piece;
  }

  /** Goes on to the next bucket that holds anything; false at the end. */
  #enterBucket(): boolean {
    let holders = this.#bucket === undefined ? this.#holders : this.#holders + 1;
    this.#bucket = undefined;
    this.#index = 0;
    for (; this.#level < topPriority; this.#level++) {
      const level = this.#levels[this.#level];
      const found = level?.occupied.next(holders) ?? -1;
      if (level !== undefined && found >= 0) {
        this.#holders = found;
        this.#bucket = level.buckets[found];
        return true;
      }
      holders = 0;
    }
    this.#holders = 0;
    return false;
  }
}
