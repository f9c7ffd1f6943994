/** Ranges of what sorts by `<`: which may overlap and come in any order, and are asked in O(log n). */
export class RangeSet<Key extends number | string> {
  readonly #firsts: Key[];
  readonly #lasts: Key[];

  /** Ranges include both ends; the first is not greater than the last. */
  constructor(ranges: readonly { readonly first: Key; readonly last: Key }[]) {
    const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
    const firsts: Key[] = [];
    const lasts: Key[] = [];
    for (const { first, last } of sorted) {
      const end = lasts.at(-1);
      if (end === undefined || first > end) {
        firsts.push(first);
        lasts.push(last);
      } else if (last > end) {
        lasts[lasts.length - 1] = last;
      }
    }
    this.#firsts = firsts;
    this.#lasts = lasts;
  }

  /** Ranges that are apart from each other. */
  get size(): number {
    return this.#firsts.length;
  }

  has(key: Key): boolean {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] as Key) <= key) low = middle + 1;
      else high = middle;
    }
    const last = this.#lasts[low - 1];
    return last !== undefined && key <= last;
  }
}
