import { blockLength } from '../common/block.js';
import { MetainfoError } from '../common/errors.js';

/** What a {@link TorrentLayout} is made from: one file, in the order of the torrent. */
export interface LayoutFile {
  /** Path below the storage's root, by element. */
  readonly path: readonly string[];
  /** Length of the file. */
  readonly lengthBytes: number;
  /** Whether it is a pad file: zeros that nobody keeps (BEP 47). */
  readonly isPad: boolean;
}

/** One file of a torrent. */
export interface TorrentFile extends LayoutFile {
  /**
   * Sanitised path elements: below the torrent's name, which comes first, where the torrent is a folder;
   * the name alone where it is a single file.
   */
  readonly path: readonly string[];
  /** Length of the file. */
  readonly lengthBytes: number;
  /** Where the file begins in the torrent's data, in bytes. */
  readonly offset: number;
  /** A pad file: zeros that are never kept on disk (BEP 47). */
  readonly isPad: boolean;
}

/** Part of a file. */
export interface FileSlice {
  /** Index of the file in the torrent, from 0. */
  readonly fileIndex: number;
  /** Where the slice begins in the file, in bytes. */
  readonly offset: number;
  /** Length of the slice. */
  readonly lengthBytes: number;
}

/** Files that have their places in a torrent's data: one after the other, as they are added. */
export class PlacedFiles {
  readonly files: TorrentFile[] = [];
  /** Bytes of all files so far. */
  totalLength = 0;

  add({ path, lengthBytes, isPad }: LayoutFile): void {
    const offset = this.totalLength;
    this.files.push(Object.freeze({ path: Object.freeze([...path]), lengthBytes, offset, isPad }));
    this.totalLength += lengthBytes;
  }
}

/**
 * Where pieces, blocks and files of a torrent lie: arithmetic only. The data is the files one after the
 * other, cut into pieces of `pieceLength` bytes (BEP 3); the last piece may be shorter.
 */
export class TorrentLayout {
  /** Bytes of every piece but the last. */
  readonly pieceLength: number;
  /** Pieces of the torrent. */
  readonly pieceCount: number;
  /** Bytes of all files, pad files included. */
  readonly totalLength: number;
  /** Files in the order of the torrent, pad files included. */
  readonly files: readonly TorrentFile[];

  /** @param files Their places are kept, not copied, where they have them. */
  constructor(pieceLength: number, files: readonly LayoutFile[] | PlacedFiles) {
    const placed = files instanceof PlacedFiles ? files : placeAll(files);
    this.pieceLength = pieceLength;
    this.totalLength = placed.totalLength;
    this.pieceCount = Math.ceil(placed.totalLength / pieceLength);
    this.files = Object.freeze(placed.files);
    Object.freeze(this);
  }

  /** Whether the torrent has a piece of this number. */
  isValidPiece(piece: number): boolean {
    return Number.isInteger(piece) && piece >= 0 && piece < this.pieceCount;
  }

  /** Bytes of `piece`; 0 where there is no such piece. */
  pieceSize(piece: number): number {
    if (!this.isValidPiece(piece)) return 0;
    return Math.min(this.pieceLength, this.totalLength - piece * this.pieceLength);
  }

  /** Blocks of 16 KiB in `piece`, the last one perhaps shorter; 0 where there is no such piece. */
  blockCount(piece: number): number {
    return Math.ceil(this.pieceSize(piece) / blockLength);
  }

  /** Bytes of block number `block` of `piece`; 0 where there is no such block. */
  blockSize(piece: number, block: number): number {
    if (!Number.isInteger(block) || block < 0) return 0;
    return Math.max(0, Math.min(blockLength, this.pieceSize(piece) - block * blockLength));
  }

  /** Whether a request names at least one byte, at most `maxLength`, all inside a piece. */
  isValidRequest(piece: number, begin: number, length: number, maxLength: number): boolean {
    return length <= maxLength && length > 0 && this.#isInPiece(piece, begin, length);
  }

  /**
   * Where `length` bytes from `begin` of `piece` lie in the files, in order; empty files are left out.
   * Throws `METAINFO_RANGE` where they are not all inside the piece.
   */
  fileSlices(piece: number, begin: number, length: number): readonly FileSlice[] {
    if (!this.#isInPiece(piece, begin, length)) {
      throw new MetainfoError('METAINFO_RANGE', `no ${length} bytes at ${begin} of piece ${piece}`);
    }
    const slices: FileSlice[] = [];
    let position = piece * this.pieceLength + begin;
    const end = position + length;
    for (let fileIndex = this.#fileAt(position); position < end; fileIndex++) {
      const file = this.files[fileIndex];
      if (file === undefined) break;
      const lengthBytes = Math.min(end, file.offset + file.lengthBytes) - position;
      if (lengthBytes > 0) slices.push({ fileIndex, offset: position - file.offset, lengthBytes });
      position += lengthBytes;
    }
    return slices;
  }

  /**
   * First and last piece that hold data of a file; `undefined` for an empty one. Throws
   * `METAINFO_RANGE` where there is no such file.
   */
  piecesOfFile(fileIndex: number): { readonly first: number; readonly last: number } | undefined {
    const file = this.files[fileIndex];
    if (file === undefined) throw new MetainfoError('METAINFO_RANGE', `no file of index ${fileIndex}`);
    if (file.lengthBytes === 0) return undefined;
    return {
      first: Math.floor(file.offset / this.pieceLength),
      last: Math.floor((file.offset + file.lengthBytes - 1) / this.pieceLength),
    };
  }

  #isInPiece(piece: number, begin: number, length: number): boolean {
    return (
      Number.isInteger(begin) &&
      Number.isInteger(length) &&
      begin >= 0 &&
      length >= 0 &&
      begin + length <= this.pieceSize(piece)
    );
  }

  /** Index of the last file that begins at or before `position`: the one that holds it. */
  #fileAt(position: number): number {
    let low = 0;
    let high = this.files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.files[middle]?.offset ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function placeAll(files: readonly LayoutFile[]): PlacedFiles {
  const placed = new PlacedFiles();
  for (const file of files) placed.add(file);
  return placed;
}
