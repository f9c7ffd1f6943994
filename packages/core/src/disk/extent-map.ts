import { StorageError } from '../common/errors.js';
import type { SlotIndex } from '../ports/slots.js';
import type { StorageLayout } from '../ports/storage.js';

/** A run of bytes of one file. */
export interface FileExtent {
  /** Index of the file in the layout. */
  readonly file: number;
  /** Where the run starts in the file. */
  readonly position: number;
  readonly lengthBytes: number;
}

/** Bytes of piece number `piece`; the last one may be short (BEP 3). */
export function pieceSize(layout: StorageLayout, piece: number): number {
  return Math.min(layout.pieceLength, layout.totalLength - piece * layout.pieceLength);
}

/** Throws `STORAGE_RANGE` unless `begin` to `begin + lengthBytes` lies inside the piece. */
export function checkRange(layout: StorageLayout, piece: number, begin: number, lengthBytes: number): void {
  const inside =
    Number.isInteger(piece) &&
    piece >= 0 &&
    piece < layout.pieceCount &&
    begin >= 0 &&
    lengthBytes >= 0 &&
    begin + lengthBytes <= pieceSize(layout, piece);
  if (inside) return;
  const range = `${lengthBytes} bytes at ${begin} of piece ${piece}`;
  throw new StorageError('STORAGE_RANGE', `${range} are not within the torrent`, '');
}

/** Throws `STORAGE_RANGE` unless the slots are as many as `lengthBytes` take. */
export function checkSlots(slots: readonly SlotIndex[], lengthBytes: number, slotLength: number): void {
  if (slots.length === Math.ceil(lengthBytes / slotLength)) return;
  throw new StorageError('STORAGE_RANGE', `${slots.length} slots for ${lengthBytes} bytes`, '');
}

/** Throws `STORAGE_RANGE` unless the piece exists and the slots are as many as it takes. */
export function checkPieceSlots(
  layout: StorageLayout,
  piece: number,
  slots: readonly SlotIndex[],
  slotLength: number,
): void {
  checkRange(layout, piece, 0, 0);
  checkSlots(slots, pieceSize(layout, piece), slotLength);
}

/** Finds the files that a range of a torrent's data falls into. Decisions are O(log files). */
export class ExtentMap {
  /** Offset in the torrent at which each file ends. */
  readonly #ends: Float64Array;
  readonly #pieceLength: number;

  constructor(layout: StorageLayout) {
    this.#pieceLength = layout.pieceLength;
    this.#ends = new Float64Array(layout.files.length);
    let end = 0;
    layout.files.forEach((file, index) => {
      end += file.lengthBytes;
      this.#ends[index] = end;
    });
  }

  /** The runs that `lengthBytes` from `begin` of `piece` consist of, in order. None is empty. */
  extents(piece: number, begin: number, lengthBytes: number): FileExtent[] {
    const found: FileExtent[] = [];
    let offset = piece * this.#pieceLength + begin;
    let left = lengthBytes;
    for (let file = this.#fileAt(offset); left > 0 && file < this.#ends.length; file++) {
      const length = Math.min(left, this.#end(file) - offset);
      if (length === 0) continue;
      found.push({ file, position: offset - this.#start(file), lengthBytes: length });
      offset += length;
      left -= length;
    }
    return found;
  }

  /** The piece, and the place in it, of a byte of a file. */
  locate(file: number, position: number): { readonly piece: number; readonly begin: number } {
    const offset = this.#start(file) + position;
    const piece = Math.floor(offset / this.#pieceLength);
    return { piece, begin: offset - piece * this.#pieceLength };
  }

  /** The pieces that hold a file's bytes; `undefined` for an empty one. */
  piecesOf(file: number): { readonly first: number; readonly last: number } | undefined {
    const lengthBytes = this.#end(file) - this.#start(file);
    if (lengthBytes === 0) return undefined;
    return { first: this.locate(file, 0).piece, last: this.locate(file, lengthBytes - 1).piece };
  }

  /** First file that ends after `offset`. */
  #fileAt(offset: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#end(middle) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #start(file: number): number {
    return file === 0 ? 0 : this.#end(file - 1);
  }

  #end(file: number): number {
    return this.#ends[file] ?? 0;
  }
}
