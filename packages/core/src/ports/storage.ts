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
}

/** The data of one torrent. All calls may run at the same time on different pieces. */
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
  /** Closes files; waits for what is under way. Further calls reject with `STORAGE_CLOSED`. */
  close(): Promise<void>;
}

/** Where torrents' data lives: files, memory, or anything an application brings. */
export interface Storage {
  /** Opens the data of a torrent. Creates nothing until the first write. */
  open(layout: StorageLayout, slots: SlotPool): Promise<TorrentStorage>;
}
