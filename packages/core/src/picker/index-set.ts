/**
 * A set of small integers that finds its next member in near constant time: 32 members a word, and a
 * summary with a bit for each word that is not empty.
 */
export class IndexSet {
  /** Members are 0 to `capacity` - 1. */
  readonly capacity: number;
  readonly #words: Uint32Array;
  readonly #summary: Uint32Array;
  #count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#words = new Uint32Array((capacity + 31) >>> 5);
    this.#summary = new Uint32Array((this.#words.length + 31) >>> 5);
  }

  /** The set of all integers below `capacity`. */
  static full(capacity: number): IndexSet {
    const set = new IndexSet(capacity);
    fillBits(set.#words, capacity);
    fillBits(set.#summary, set.#words.length);
    set.#count = capacity;
    return set;
  }

  /** How many members there are. */
  get count(): number {
    return this.#count;
  }

  /** Whether `index` is a member; false outside the capacity. */
  has(index: number): boolean {
    return ((this.#words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }

  /** Puts `index`, which must be below the capacity, in; true where it was not. */
  add(index: number): boolean {
    const word = index >>> 5;
    const before = this.#words[word] ?? 0;
    const bit = 1 << (index & 31);
    if ((before & bit) !== 0) return false;
    this.#words[word] = before | bit;
    this.#summary[word >>> 5] = (this.#summary[word >>> 5] ?? 0) | (1 << (word & 31));
    this.#count++;
    return true;
  }

  /** Takes `index` out; true where it was in. */
  delete(index: number): boolean {
    const word = index >>> 5;
    const before = this.#words[word] ?? 0;
    const bit = 1 << (index & 31);
    if ((before & bit) === 0) return false;
    const after = before & ~bit;
    this.#words[word] = after;
    if (after === 0) this.#summary[word >>> 5] = (this.#summary[word >>> 5] ?? 0) & ~(1 << (word & 31));
    this.#count--;
    return true;
  }

  /** The lowest member that is `from` or more; -1 where there is none. */
  next(from: number): number {
    if (from >= this.capacity) return -1;
    const first = from >>> 5;
    const rest = (this.#words[first] ?? 0) & (-1 << (from & 31));
    if (rest !== 0) return first * 32 + lowestBit(rest);
    let group = (first + 1) >>> 5;
    let groupBits = (this.#summary[group] ?? 0) & (-1 << ((first + 1) & 31));
    while (groupBits === 0) {
      if (++group >= this.#summary.length) return -1;
      groupBits = this.#summary[group] ?? 0;
    }
    const word = group * 32 + lowestBit(groupBits);
    return word * 32 + lowestBit(this.#words[word] ?? 0);
  }
}

function fillBits(words: Uint32Array, count: number): void {
  words.fill(0xffffffff);
  if ((count & 31) !== 0) words[words.length - 1] = 2 ** (count & 31) - 1;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
