/**
 * How many connected peers have each piece. Peers that have everything are one number, so that a seed
 * comes and goes in O(1); the others are counted piece by piece, up to 65 535 of them.
 */
export class Availability {
  readonly #pieceCount: number;
  // Made on the first count: a torrent without peers needs none.
  #holders: Uint16Array | undefined;
  #seeds = 0;

  constructor(pieceCount: number) {
    this.#pieceCount = pieceCount;
  }

  /** Peers that have everything. */
  get seeds(): number {
    return this.#seeds;
  }

  /** Counts one seed more (1) or less (-1). */
  changeSeeds(delta: 1 | -1): void {
    this.#seeds = Math.max(0, this.#seeds + delta);
  }

  /** Peers that have `piece`, seeds left out. */
  holders(piece: number): number {
    return this.#holders?.[piece] ?? 0;
  }

  /** Peers that have `piece`, seeds included. */
  total(piece: number): number {
    return this.#seeds + this.holders(piece);
  }

  /** Counts one holder of `piece` more (1) or less (-1); never below none. */
  changeHolders(piece: number, delta: 1 | -1): void {
    this.#holders ??= new Uint16Array(this.#pieceCount);
    this.#holders[piece] = Math.max(0, this.holders(piece) + delta);
  }
}
