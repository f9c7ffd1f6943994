import { type PeerloomError, StorageError } from '../common/errors.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { FileStatus } from '../ports/storage.js';

/** Whether every file of the piece is there, long enough to hold it, or kept aside with this piece. */
export function isOnMedium(layout: TorrentLayout, statuses: readonly FileStatus[], piece: number): boolean {
  return layout.fileSlices(piece, 0, layout.pieceSize(piece)).every(({ fileIndex, offset, lengthBytes }) => {
    if (layout.files[fileIndex]?.isPad === true) return true;
    const { lengthBytes: length, piecesAside } = statuses[fileIndex] ?? {};
    if (piecesAside !== undefined) return piecesAside.includes(piece);
    return length !== undefined && length >= offset + lengthBytes;
  });
}

/**
 * Failures that say nothing about what was written before: the medium refused, or the thread that worked
 * on it ended.
 */
const harmlessCodes: ReadonlySet<string> = new Set([
  'STORAGE_FULL',
  'STORAGE_PERMISSION',
  'STORAGE_READ_ONLY',
  'STORAGE_WORKER',
]);

/** Which pieces a failure of the medium puts in doubt, with the files as they are afterwards. */
export class Doubts {
  readonly #layout: TorrentLayout;
  readonly #statuses: readonly FileStatus[];
  readonly #path: string | undefined;
  /** Whether all that is on the medium is in doubt: the failure names no file. */
  readonly #isGeneral: boolean;
  /** Whether the failure is that a file is not there: storage has to be shown that it is known. */
  readonly isFileGone: boolean;

  /** @param statuses Of every file, in order of the layout. */
  constructor(layout: TorrentLayout, statuses: readonly FileStatus[], error: PeerloomError) {
    this.#layout = layout;
    this.#statuses = statuses;
    const isHarmless = harmlessCodes.has(error.code);
    const path = error instanceof StorageError && error.path !== '' ? error.path : undefined;
    this.#path = isHarmless ? undefined : path;
    this.#isGeneral = !isHarmless && path === undefined;
    this.isFileGone = error.code === 'STORAGE_NOT_FOUND';
  }

  /** Whether a piece that was had, or is written again, may not be what it was. */
  isDoubted(piece: number): boolean {
    return (
      this.#isGeneral ||
      this.#touches(piece, (_, file) => this.#isMeant(file)) ||
      !isOnMedium(this.#layout, this.#statuses, piece)
    );
  }

  /** Whether blocks of a piece that were written before all of it was there may be gone. */
  isSpillDoubted(piece: number): boolean {
    const isAbsent = (file: number): boolean => {
      const { lengthBytes, piecesAside } = this.#statuses[file] ?? {};
      return piecesAside ? !piecesAside.includes(piece) : lengthBytes === undefined;
    };
    return (
      this.#isGeneral ||
      this.#touches(piece, ({ isPad }, file) => !isPad && (this.#isMeant(file) || isAbsent(file)))
    );
  }

  /** Whether the failure was with this file. */
  #isMeant(file: number): boolean {
    const path = this.#statuses[file]?.path ?? this.#layout.files[file]?.path;
    return path?.join('/') === this.#path;
  }

  #touches(piece: number, test: (file: TorrentLayout['files'][number], index: number) => boolean): boolean {
    const { files } = this.#layout;
    return this.#layout.fileSlices(piece, 0, this.#layout.pieceSize(piece)).some(({ fileIndex }) => {
      const file = files[fileIndex];
      return file !== undefined && test(file, fileIndex);
    });
  }
}
