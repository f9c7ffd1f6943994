import type { FileStatus } from '../ports/storage.js';

/**
 * The files of one torrent below {@link PieceIo}: a disk or memory. Synchronous. Pad files are never
 * asked for. Every method throws `StorageError`.
 */
export interface TorrentFiles {
  /** Makes an empty file where there is none. */
  create(file: number): void;
  /** Writes all vectors in order from `position` of the file, which is created where it is not there. */
  write(file: number, position: number, vectors: readonly Uint8Array[]): void;
  /**
   * Fills the vectors in order from `position`; returns the bytes read, fewer than asked for only where
   * the file ends. Throws `STORAGE_NOT_FOUND` where there is no file.
   */
  read(file: number, position: number, vectors: readonly Uint8Array[]): number;
  /** A check found nothing at `position` of the file: a later write may create it anew. */
  forget(file: number, position: number): void;
  /** Size and time of a file that is not a pad file. */
  stat(file: number): FileStatus;
  /** Size and time of a file that has just been written, in little time. */
  sizeAndTime(file: number): FileStatus;
}
