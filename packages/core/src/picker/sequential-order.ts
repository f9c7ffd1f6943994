import type { CandidateOrder } from './candidate-order.js';
import { IndexSet } from './index-set.js';
import { type Priorities, topPriority } from './priorities.js';

/** Highest priority first, then by piece number. */
export class SequentialOrder implements CandidateOrder {
  readonly #pieceCount: number;
  readonly #priorities: Priorities;
  // Highest priority first.
  readonly #levels: (IndexSet | undefined)[] = new Array<IndexSet | undefined>(topPriority).fill(undefined);

  #level = 0;
  #from = 0;
  #reached = 0;

  constructor(pieceCount: number, priorities: Priorities) {
    this.#pieceCount = pieceCount;
    this.#priorities = priorities;
  }

  insert(piece: number): void {
    const index = topPriority - this.#priorities.of(piece);
    let level = this.#levels[index];
    if (level === undefined) {
      level = new IndexSet(this.#pieceCount);
      this.#levels[index] = level;
    }
    level.add(piece);
  }

  remove(piece: number): void {
    this.#levels[topPriority - this.#priorities.of(piece)]?.delete(piece);
  }

  keyOf(piece: number): number {
    return (topPriority - this.#priorities.of(piece)) * this.#pieceCount + piece;
  }

  get topPriority(): number {
    for (let index = 0; index < topPriority; index++) {
      if ((this.#levels[index]?.count ?? 0) > 0) return topPriority - index;
    }
    return 0;
  }

  get reached(): number {
    return this.#reached;
  }

  seek(key: number): void {
    this.#level = Math.min(topPriority, Math.floor(key / this.#pieceCount));
    this.#from = this.#level < topPriority ? key % this.#pieceCount : 0;
    this.#reached = key;
  }

  next(): number {
    for (; this.#level < topPriority; this.#level++) {
      const piece = this.#levels[this.#level]?.next(this.#from) ?? -1;
      if (piece >= 0) {
        this.#from = piece + 1;
        this.#reached = this.#level * this.#pieceCount + piece;
        return piece;
      }
      this.#from = 0;
    }
    this.#reached = Number.POSITIVE_INFINITY;
    return -1;
  }
}
