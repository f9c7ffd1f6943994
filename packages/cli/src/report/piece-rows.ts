import { Bitfield, type ReadonlyBitfield } from '@peerloom/core';
import { recordingLimits } from './recording.js';

/** When one session got its pieces, for a map of few rows: a row stands for pieces that follow each other. */
export class PieceRows {
  readonly pieceCount: number;
  readonly #piecesInRow: number;
  readonly #had: Bitfield;
  /** Pieces of each row that are not had yet. */
  readonly #missing: number[];
  readonly #timesMs: number[];

  constructor(pieceCount: number) {
    this.pieceCount = pieceCount;
    this.#piecesInRow = Math.max(1, Math.ceil(pieceCount / recordingLimits.rows));
    this.#had = new Bitfield(pieceCount);
    const rowCount = Math.ceil(pieceCount / this.#piecesInRow);
    this.#missing = Array.from({ length: rowCount }, (_, row) =>
      Math.min(this.#piecesInRow, pieceCount - row * this.#piecesInRow),
    );
    this.#timesMs = this.#missing.map(() => -1);
  }

  /** For each row when all of it was had; -1 where that is not yet. */
  get timesMs(): readonly number[] {
    return this.#timesMs;
  }

  rowOf(piece: number): number {
    return Math.floor(piece / this.#piecesInRow);
  }

  /** A piece is had from this time on, unless it was before. */
  add(piece: number, timeMs: number): void {
    if (!this.#had.add(piece)) return;
    const row = this.rowOf(piece);
    const missing = (this.#missing[row] ?? 0) - 1;
    this.#missing[row] = missing;
    if (missing === 0) this.#timesMs[row] = Math.round(timeMs);
  }

  /** As {@link add}, for all of a set. */
  addAll(pieces: ReadonlyBitfield, timeMs: number): void {
    if (pieces.count === this.#had.count) return;
    for (let piece = 0; piece < this.pieceCount; piece++) if (pieces.has(piece)) this.add(piece, timeMs);
  }
}
