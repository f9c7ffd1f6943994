/** Priority of a piece: 0 not wanted, 1 lowest, 7 highest. */
export type PiecePriority = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** What a piece has until it is given another, as in libtorrent. */
export const defaultPriority: PiecePriority = 4;

/** The highest priority. */
export const topPriority: PiecePriority = 7;

/** The priority of each piece. Takes memory only once a piece differs from the default. */
export class Priorities {
  readonly #pieceCount: number;
  #values: Uint8Array | undefined;

  constructor(pieceCount: number) {
    this.#pieceCount = pieceCount;
  }

  of(piece: number): number {
    return this.#values === undefined ? defaultPriority : (this.#values[piece] ?? 0);
  }

  set(piece: number, priority: PiecePriority): void {
    this.#values ??= new Uint8Array(this.#pieceCount).fill(defaultPriority);
    this.#values[piece] = priority;
  }
}
