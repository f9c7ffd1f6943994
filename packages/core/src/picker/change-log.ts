const smallestLog = 1024;

/**
 * The pieces that entered the candidates or moved in their order, newest kept: what a search that knows
 * the past has to look at again. Keeps nothing until {@link ChangeLog.start}.
 */
export class ChangeLog {
  readonly #length: number;
  #ring: Int32Array | undefined;
  #end = 0;

  constructor(pieceCount: number) {
    this.#length = Math.max(smallestLog, 2 ** Math.ceil(Math.log2(pieceCount / 8)));
  }

  /** Begins to keep entries. */
  start(): void {
    this.#ring ??= new Int32Array(this.#length);
  }

  /** Forgets all and keeps nothing more. Positions from before mean nothing from now on. */
  stop(): void {
    this.#ring = undefined;
  }

  /** Position that the next entry will have. */
  get end(): number {
    return this.#end;
  }

  /** Whether every entry from `position` on is still kept. */
  keepsFrom(position: number): boolean {
    return this.#end - position <= this.#length;
  }

  add(piece: number): void {
    if (this.#ring === undefined) return;
    this.#ring[this.#end++ % this.#length] = piece;
  }

  /** The piece at a position that is kept. */
  at(position: number): number {
    return this.#ring?.[position % this.#length] ?? -1;
  }
}
