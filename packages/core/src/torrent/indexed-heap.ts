/**
 * A heap whose members can also leave from the middle, and move when what orders them has changed. Each
 * change is O(log n).
 */
export class IndexedHeap<T> {
  readonly #isBefore: (a: T, b: T) => boolean;
  readonly #items: T[] = [];
  readonly #indices = new Map<T, number>();

  /** `isBefore`: a strict order. What it looks at may change only between `delete` and `add`. */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The first in order. O(1). */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds an item that is not here. */
  add(item: T): void {
    this.#place(item, this.#items.length);
    this.#moveUp(this.#items.length - 1);
  }

  /** Takes an item out; false where it is not here. */
  delete(item: T): boolean {
    const index = this.#indices.get(item);
    if (index === undefined) return false;
    this.#indices.delete(item);
    const last = this.#items.pop() as T;
    if (last === item) return true;
    this.#place(last, index);
    this.#moveUp(index);
    this.#moveDown(this.#indices.get(last) as number);
    return true;
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    this.#indices.set(item, index);
  }

  #moveUp(start: number): void {
    const item = this.#items[start] as T;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#items[parent] as T;
      if (!this.#isBefore(item, above)) break;
      this.#place(above, index);
      index = parent;
    }
    this.#place(item, index);
  }

  #moveDown(start: number): void {
    const item = this.#items[start] as T;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#items.length) break;
      const right = this.#items[child + 1];
      if (right !== undefined && this.#isBefore(right, this.#items[child] as T)) child++;
      const below = this.#items[child] as T;
      if (!this.#isBefore(below, item)) break;
      this.#place(below, index);
      index = child;
    }
    this.#place(item, index);
  }
}
