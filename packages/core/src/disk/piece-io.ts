import { createHash, type Hash } from 'node:crypto';
import { bytesEqual } from '../common/bytes.js';
import { StorageError } from '../common/errors.js';
import type { SlotIndex } from '../ports/slots.js';
import type { FileStatus, StorageLayout } from '../ports/storage.js';
import { ExtentMap, type FileExtent, pieceSize } from './extent-map.js';
import { type SlotMemory, slotVectors } from './io-vectors.js';
import type { TorrentFiles } from './torrent-files.js';

/** Length of a SHA-1 digest in bytes, and so of a piece's hash (BEP 3). */
export const digestLength = 20;

const scratchLength = 256 * 1024;
let scratchMemory: Uint8Array | undefined;

/** Memory of this thread for reading what is only hashed; jobs are synchronous, so one is enough. */
function scratch(): Uint8Array {
  scratchMemory ??= new Uint8Array(scratchLength);
  return scratchMemory;
}

/** Hears of every write of a piece, before and after. */
export interface PieceJournal {
  /** Throws where that can't be noted: then nothing is written. */
  begin(piece: number): void;
  /** As `begin`, for one block of several: the first one counts. */
  beginOnce(piece: number): void;
  /** What was begun is written, or has ended somewhere; the files it is in are as told. Does not throw. */
  end(
    kind: 'done' | 'failed',
    piece: number,
    files: readonly number[],
    statuses: readonly FileStatus[],
  ): void;
}

/**
 * Reads, writes and hashes pieces over the files of one torrent. Knows pieces, extents and pad files
 * (zeros that are on no medium, BEP 47) and nothing of how files are kept. Synchronous; every method
 * throws `StorageError`.
 */
export class PieceIo {
  readonly #layout: StorageLayout;
  readonly #files: TorrentFiles;
  readonly #slots: SlotMemory;
  readonly #map: ExtentMap;
  #emptyFilesMade = false;
  /** Where writes are noted, from now on. */
  journal: PieceJournal | undefined;

  constructor(layout: StorageLayout, files: TorrentFiles, slots: SlotMemory) {
    this.#layout = layout;
    this.#files = files;
    this.#slots = slots;
    this.#map = new ExtentMap(layout);
  }

  /** Writes the piece that the slots hold, only if its SHA-1 is `expectedHash`. */
  writePiece(piece: number, slots: readonly SlotIndex[], expectedHash: Uint8Array): 'ok' | 'hashFailed' {
    const lengthBytes = pieceSize(this.#layout, piece);
    const hash = createHash('sha1');
    for (const vector of slotVectors(this.#slots, slots, 0, lengthBytes)) hash.update(vector);
    if (!bytesEqual(hash.digest(), expectedHash)) return 'hashFailed';
    this.journal?.begin(piece);
    try {
      this.#write(piece, 0, lengthBytes, slots);
    } catch (error) {
      this.#ended('failed', piece);
      throw error;
    }
    this.#ended('done', piece);
    return 'ok';
  }

  /** Writes `lengthBytes` of one slot to `begin` of the piece, unverified. */
  writeBlock(piece: number, begin: number, slot: SlotIndex, lengthBytes: number): void {
    this.journal?.beginOnce(piece);
    this.#write(piece, begin, lengthBytes, [slot]);
  }

  /** Fills the slots in order with `lengthBytes` from `begin`. Throws `STORAGE_SHORT` where files end. */
  readBlocks(piece: number, begin: number, lengthBytes: number, slots: readonly SlotIndex[]): void {
    let skip = 0;
    for (const extent of this.#map.extents(piece, begin, lengthBytes)) {
      const vectors = slotVectors(this.#slots, slots, skip, extent.lengthBytes);
      if (this.#isPad(extent.file)) {
        for (const vector of vectors) vector.fill(0);
      } else if (this.#files.read(extent.file, extent.position, vectors) < extent.lengthBytes) {
        throw this.#short(extent.file);
      }
      skip += extent.lengthBytes;
    }
  }

  /**
   * Compares the piece on the medium; `missing` where a file is absent or ends before the piece does.
   *
   * @param endsWrite Its blocks were written one by one: where it is right its write is done.
   */
  hashPiece(piece: number, expectedHash: Uint8Array, endsWrite: boolean): 'ok' | 'hashFailed' | 'missing' {
    const hash = createHash('sha1');
    const absent = this.#hash(piece, hash);
    if (absent !== undefined) {
      this.#files.forget(absent.file, absent.position);
      return 'missing';
    }
    if (!bytesEqual(hash.digest(), expectedHash)) return 'hashFailed';
    if (endsWrite) this.#ended('done', piece);
    return 'ok';
  }

  /** SHA-1 of `count` pieces from `first` on, {@link digestLength} bytes each. Throws `STORAGE_SHORT`. */
  digestPieces(first: number, count: number): Uint8Array {
    const digests = new Uint8Array(count * digestLength);
    for (let i = 0; i < count; i++) {
      const hash = createHash('sha1');
      const absent = this.#hash(first + i, hash);
      if (absent !== undefined) throw this.#short(absent.file);
      digests.set(hash.digest(), i * digestLength);
    }
    return digests;
  }

  /** Makes the empty files that are not there. No piece holds anything of them: the first write does it, too. */
  makeEmptyFiles(): void {
    this.#layout.files.forEach(({ lengthBytes, isPad }, file) => {
      if (lengthBytes === 0 && !isPad) this.#files.create(file);
    });
    this.#emptyFilesMade = true;
  }

  /** Notes how a write ended, where the files can be looked at: else the piece is checked the next time. */
  #ended(kind: 'done' | 'failed', piece: number): void {
    if (this.journal === undefined) return;
    const extents = this.#map.extents(piece, 0, pieceSize(this.#layout, piece));
    const files = extents.map(({ file }) => file).filter((file) => !this.#isPad(file));
    try {
      const statuses = files.map((file) => this.#files.sizeAndTime(file));
      this.journal.end(kind, piece, files, statuses);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  #write(piece: number, begin: number, lengthBytes: number, slots: readonly SlotIndex[]): void {
    if (!this.#emptyFilesMade) this.makeEmptyFiles();
    let skip = 0;
    for (const extent of this.#map.extents(piece, begin, lengthBytes)) {
      if (!this.#isPad(extent.file)) {
        const vectors = slotVectors(this.#slots, slots, skip, extent.lengthBytes);
        this.#files.write(extent.file, extent.position, vectors);
      }
      skip += extent.lengthBytes;
    }
  }

  /** Feeds the piece to `hash`; returns the extent that lacks data, if any. */
  #hash(piece: number, hash: Hash): FileExtent | undefined {
    const buffer = scratch();
    for (const extent of this.#map.extents(piece, 0, pieceSize(this.#layout, piece))) {
      const isPad = this.#isPad(extent.file);
      if (isPad) buffer.fill(0, 0, Math.min(scratchLength, extent.lengthBytes));
      for (let done = 0; done < extent.lengthBytes; done += scratchLength) {
        const part = buffer.subarray(0, Math.min(scratchLength, extent.lengthBytes - done));
        if (!isPad && !this.#fill(extent.file, extent.position + done, part)) return extent;
        hash.update(part);
      }
    }
    return undefined;
  }

  /** Whether the file had enough to fill `part`. */
  #fill(file: number, position: number, part: Uint8Array): boolean {
    try {
      return this.#files.read(file, position, [part]) === part.length;
    } catch (error) {
      if (error instanceof StorageError && error.code === 'STORAGE_NOT_FOUND') return false;
      throw error;
    }
  }

  #isPad(file: number): boolean {
    return this.#layout.files[file]?.isPad === true;
  }

  #short(file: number): StorageError {
    const path = this.#layout.files[file]?.path.join('/') ?? '';
    return new StorageError('STORAGE_SHORT', `'${path}' is shorter than the torrent says`, path);
  }
}
