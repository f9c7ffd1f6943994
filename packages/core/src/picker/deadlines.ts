/** Pieces that are wanted before all others, in a given order. A change costs O(number of deadlines). */
export class Deadlines {
  readonly #orders = new Map<number, number>();
  readonly #pieces: number[] = [];
  /** Up to this order a deadline is late. */
  lateOrder = Number.NEGATIVE_INFINITY;

  /** The pieces, first one first; equal orders by piece number. */
  get pieces(): readonly number[] {
    return this.#pieces;
  }

  /** Whether a piece that has a deadline is late. */
  isLate(piece: number): boolean {
    return (this.#orders.get(piece) ?? Number.POSITIVE_INFINITY) <= this.lateOrder;
  }

  /** Gives a piece its place, lowest `order` first; undefined takes it out. */
  set(piece: number, order: number | undefined): void {
    if (this.#orders.has(piece)) {
      this.#pieces.splice(this.#indexOf(piece, this.#orders.get(piece) ?? 0), 1);
      this.#orders.delete(piece);
    }
    if (order === undefined) return;
    this.#pieces.splice(this.#indexOf(piece, order), 0, piece);
    this.#orders.set(piece, order);
  }

  /** Where a piece of that order stands or would stand. */
  #indexOf(piece: number, order: number): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#pieces[middle] ?? 0;
      const otherOrder = this.#orders.get(other) ?? 0;
      if (otherOrder < order || (otherOrder === order && other < piece)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
