import type { MetadataStore } from './metadata-store.js';
import type { ResumeStore } from './resume-store.js';
import type { SlotIndex, SlotPool } from './slots.js';

/** One file of a torrent, as storage sees it. */
export interface StorageFile {
  /** Sanitised path elements below the storage's root, the torrent's name first. */
  readonly path: readonly string[];
  /** Length of the file. */
  readonly lengthBytes: number;
  /** A pad file: zeros that are never kept on disk (BEP 47). */
  readonly isPad: boolean;
}

/** Everything a storage needs to know of a torrent. */
export interface StorageLayout {
  /** Files in the order of the torrent. */
  readonly files: readonly StorageFile[];
  /** Length of every piece but the last, in bytes. */
  readonly pieceLength: number;
  /** Pieces of the torrent. */
  readonly pieceCount: number;
  /** Bytes of all files. */
  readonly totalLength: number;
  /**
   * The torrent's infohash in hexadecimal, under which the storage keeps what belongs to it beside its
   * files. Where it is left out nothing is kept.
   */
  readonly infoHash?: string;
}

/** Why a file, or its place, can't be used, in the words of the {@link StorageError} that using it would give. */
export interface FileProblem {
  /** `STORAGE_NOT_A_FILE`, `STORAGE_SYMLINK`, `STORAGE_PERMISSION`, `STORAGE_READ_ONLY` or another `STORAGE_…`. */
  readonly code: string;
  /** One line for people. */
  readonly message: string;
}

/** What is on the medium for one file. */
export interface FileStatus {
  /** `undefined` where the file does not exist, or is not one. */
  readonly lengthBytes: number | undefined;
  /** When it was last changed, in milliseconds since 1970. */
  readonly modifiedMs: number | undefined;
  /** Its place is taken by something that is no regular file, or it may not be read. */
  readonly problem?: FileProblem;
  /** It may be read, but not written, or not be made where it does not exist. */
  readonly writeProblem?: FileProblem;
  /** Path elements below the storage's root, where the file has been renamed. */
  readonly path?: readonly string[];
  /**
   * The file is kept aside ({@link TorrentStorage.selectFiles}): pieces whose part of it the storage has,
   * though there is no such file.
   */
  readonly piecesAside?: readonly number[];
}

/**
 * The data of one torrent. The engine calls everything here at any time: calls on different pieces may run
 * at the same time, calls on one piece, and those that change where files are, in the order in which they
 * were made. A storage of an application's own implements the methods that are not optional; the optional ones
 * are capabilities, and the engine does without what is not there.
 */
export interface TorrentStorage {
  /** What is kept of the torrent from one session to the next, where the storage keeps anything. */
  readonly resume?: ResumeStore | undefined;
  /**
   * Hashes the slots in order (the piece's blocks, the last one cut to the piece's end) and, only if
   * SHA-1 equals `expectedHash` (20 bytes), writes them. Nobody may write the slots until it settles.
   * Rejects with `StorageError`; then nothing of the piece may be trusted.
   */
  writePiece(
    piece: number,
    slots: readonly SlotIndex[],
    expectedHash: Uint8Array,
  ): Promise<'ok' | 'hashFailed'>;
  /** Writes one block of a spilled piece unverified. Rejects with `StorageError`. */
  writeBlock(piece: number, begin: number, slot: SlotIndex, lengthBytes: number): Promise<void>;
  /**
   * Reads `lengthBytes` from `begin` of `piece` into the slots in order (16 KiB each, the last one
   * partly). Rejects with `StorageError`; `STORAGE_SHORT` where the data ends before.
   */
  readBlocks(piece: number, begin: number, lengthBytes: number, slots: readonly SlotIndex[]): Promise<void>;
  /** Hashes a piece on the medium. `missing` where its data is not all there. */
  hashPiece(piece: number, expectedHash: Uint8Array): Promise<'ok' | 'hashFailed' | 'missing'>;
  /**
   * Status of the files with these indices in that order, or of every file in order of the layout
   * (the few files a piece touches are what a resume journal asks for after each piece). Pad files count as
   * absent, as does what is no regular file, with its `problem`. A file longer than the layout says is
   * reported as it is.
   */
  stat(files?: readonly number[]): Promise<readonly FileStatus[]>;
  /** Flushes everything whose write had settled before the call, with sizes and times, to the medium. */
  sync(): Promise<void>;
  /**
   * Says which files are not wanted, all others are; called before anything else is done with the data (but
   * for {@link TorrentStorage.resume}), and whenever it changes. A file that is not wanted and not on the
   * medium is never made: what pieces have of it, because they reach into a wanted file as well, is kept aside,
   * and read and hashed from there. It is put in its place, whole or not at all, when the file is wanted. A file
   * that is on the medium is used where it is. What is kept aside is known to the next opening of the torrent.
   *
   * Resolves with the files in whose place something else was found when they were to be put there: that is left
   * as it is, and has to be hashed. Rejects with `StorageError`; then everything is as it was, for the files
   * concerned at least. Without this method unwanted files are written like others.
   */
  selectFiles?(unwanted: readonly number[]): Promise<readonly number[]>;
  /**
   * Makes the empty files that are wanted and not there, which no piece has anything of. The first write makes
   * them as well: this is for torrents of which nothing is to be written. Rejects with `StorageError`.
   */
  makeEmptyFiles?(): Promise<void>;
  /**
   * Gives a file another path, in the words of {@link StorageFile.path}; the next opening of the torrent knows
   * it. What was written moves along. Rejects with `STORAGE_EXISTS` where something is in that place or another
   * file of the torrent belongs there, `STORAGE_PATH`, or another `StorageError`; then nothing has changed.
   */
  renameFile?(file: number, path: readonly string[]): Promise<void>;
  /**
   * Moves all that is kept of the torrent, state included, to another place; what names one is the storage's
   * matter. Further calls work there. Rejects with `STORAGE_EXISTS` where something is in the way, which is
   * never written over, or another `StorageError`; then everything is where it was.
   */
  move?(place: string): Promise<void>;
  /** Closes files; waits for what is under way. Further calls reject with `STORAGE_CLOSED`. */
  close(): Promise<void>;
}

/**
 * Where torrents' data lives: files, memory, or anything an application brings. Errors are `StorageError`s
 * with a code of the family; what else is thrown is an error of the storage's own.
 */
export interface Storage {
  /** Metadata of torrents that were added by magnet link, where the storage keeps it. */
  readonly metadata?: MetadataStore | undefined;
  /** Opens the data of a torrent. Creates nothing until the first write. */
  open(layout: StorageLayout, slots: SlotPool): Promise<TorrentStorage>;
}
