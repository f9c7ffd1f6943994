import type { TorrentLayout } from '../metainfo/layout.js';
import { defaultPriority, type PiecePriority } from '../picker/priorities.js';

/** How many pieces each file still lacks, and how much each file is wanted. */
export class FileProgress {
  readonly #layout: TorrentLayout;
  readonly #missing: Int32Array;
  #priorities: Uint8Array | undefined;

  constructor(layout: TorrentLayout) {
    this.#layout = layout;
    this.#missing = new Int32Array(layout.files.length);
    for (const file of layout.files.keys()) {
      const range = layout.piecesOfFile(file);
      this.#missing[file] = range === undefined ? 0 : range.last - range.first + 1;
    }
  }

  /** A piece is had; the files that are complete by it. */
  pieceGained(piece: number): readonly number[] {
    return this.#filesOf(piece).filter((file) => {
      const left = (this.#missing[file] ?? 0) - 1;
      this.#missing[file] = left;
      return left === 0;
    });
  }

  pieceLost(piece: number): void {
    for (const file of this.#filesOf(piece)) this.#missing[file] = (this.#missing[file] ?? 0) + 1;
  }

  isComplete(file: number): boolean {
    return this.#missing[file] === 0;
  }

  priority(file: number): number {
    return this.#priorities?.[file] ?? defaultPriority;
  }

  setPriority(file: number, priority: PiecePriority): void {
    this.#priorities ??= new Uint8Array(this.#layout.files.length).fill(defaultPriority);
    this.#priorities[file] = priority;
  }

  /** The highest priority of the files that a piece is part of. */
  priorityOfPiece(piece: number): PiecePriority {
    let highest = 0;
    for (const file of this.#filesOf(piece)) {
      if (this.#layout.files[file]?.isPad !== true) highest = Math.max(highest, this.priority(file));
    }
    return highest as PiecePriority;
  }

  #filesOf(piece: number): number[] {
    const slices = this.#layout.fileSlices(piece, 0, this.#layout.pieceSize(piece));
    return slices.map(({ fileIndex }) => fileIndex);
  }
}
