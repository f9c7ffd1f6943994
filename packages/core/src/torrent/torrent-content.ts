import { hashPieces } from '../disk/hash-pieces.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import { PiecePicker } from '../picker/piece-picker.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { SlotPool } from '../ports/slots.js';
import type { FileStatus, Storage, StorageLayout, TorrentStorage } from '../ports/storage.js';
import type { FileProgress } from './file-progress.js';
import { PieceDownloads, type PieceDownloadsOwner } from './piece-downloads.js';

/** What a torrent has once its metadata is known: picker, storage, and the way between them. */
export class TorrentContent {
  readonly info: TorrentInfo;
  readonly picker: PiecePicker;
  readonly files: FileProgress;
  readonly storage: TorrentStorage;
  readonly downloads: PieceDownloads;
  readonly #check = new AbortController();

  private constructor(
    info: TorrentInfo,
    picker: PiecePicker,
    files: FileProgress,
    storage: TorrentStorage,
    downloads: PieceDownloads,
  ) {
    this.info = info;
    this.picker = picker;
    this.files = files;
    this.storage = storage;
    this.downloads = downloads;
  }

  /** Opens the data. Rejects with `StorageError`. */
  static async open(options: {
    readonly info: TorrentInfo;
    readonly picker: PiecePicker;
    readonly files: FileProgress;
    readonly storage: Storage;
    readonly slots: SlotPool;
    readonly clock: Clock;
    readonly owner: PieceDownloadsOwner;
  }): Promise<TorrentContent> {
    const { info, picker, files, slots, clock, owner } = options;
    const storage = await options.storage.open(storageLayout(info), slots);
    const downloads = new PieceDownloads({ owner, info, picker, storage, slots, clock });
    return new TorrentContent(info, picker, files, storage, downloads);
  }

  /** Takes all pieces to be there. */
  assumeComplete(): void {
    for (let piece = 0; piece < this.info.layout.pieceCount; piece++) this.#had(piece);
  }

  /** Hashes what is on the medium and sets what is had by it. Rejects with `StorageError`. */
  async check(onProgress?: (checkedBytes: number, totalBytes: number) => void): Promise<void> {
    const files = await this.storage.stat();
    const pieces = this.#piecesThere(files);
    for (let piece = 0; piece < this.info.layout.pieceCount; piece++) {
      if (this.picker.has(piece)) this.#lost(piece);
    }
    await hashPieces({
      storage: this.storage,
      layout: storageLayout(this.info),
      pieces,
      expectedHash: (piece) => this.info.pieceHash(piece),
      onPiece: (piece, result) => {
        if (result === 'ok') this.#had(piece);
      },
      onProgress,
      signal: this.#check.signal,
    });
  }

  /** Pieces of which every file is there, long enough. */
  #piecesThere(files: readonly FileStatus[]): number[] {
    const { layout } = this.info;
    const pieces: number[] = [];
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      const isThere = layout.fileSlices(piece, 0, layout.pieceSize(piece)).every((slice) => {
        if (layout.files[slice.fileIndex]?.isPad === true) return true;
        const length = files[slice.fileIndex]?.lengthBytes;
        return length !== undefined && length >= slice.offset + slice.lengthBytes;
      });
      if (isThere) pieces.push(piece);
    }
    return pieces;
  }

  #had(piece: number): void {
    if (this.picker.has(piece)) return;
    this.picker.setHave(piece);
    this.files.pieceGained(piece);
  }

  #lost(piece: number): void {
    this.picker.setMissing(piece);
    this.files.pieceLost(piece);
  }

  /** Ends checks and downloads, and closes the storage. */
  async close(): Promise<void> {
    this.#check.abort();
    this.downloads.close();
    await this.storage.close();
  }
}

/** A picker for a torrent of which nothing is had yet. */
export function makePicker(info: TorrentInfo, random: Random): PiecePicker {
  const { layout } = info;
  return new PiecePicker({
    pieceCount: layout.pieceCount,
    blocksIn: (piece) => layout.blockCount(piece),
    random,
  });
}

function storageLayout({ layout, infoHash }: TorrentInfo): StorageLayout {
  const { files, pieceLength, pieceCount, totalLength } = layout;
  return { files, pieceLength, pieceCount, totalLength, infoHash: infoHash.hex };
}
