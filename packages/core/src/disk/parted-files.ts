import { StorageError } from '../common/errors.js';
import type { FileStatus, StorageLayout } from '../ports/storage.js';
import { ExtentMap } from './extent-map.js';
import type { TorrentFiles } from './torrent-files.js';

/** Where the bytes of files are that are not wanted: a file a piece, {@link TorrentFiles} by piece number. */
export interface PartStore extends TorrentFiles {
  /** Pieces of which there is a part, in order. Throws `StorageError`. */
  list(): readonly number[];
}

/**
 * The files of a torrent of which some are kept aside: their bytes are in parts, one for each piece that was
 * written, and they themselves are never made. A part holds nothing of files that are in their place.
 */
export class PartedFiles implements TorrentFiles {
  readonly #layout: StorageLayout;
  readonly #files: TorrentFiles;
  readonly #parts: PartStore;
  readonly #isAside: (file: number) => boolean;
  readonly #map: ExtentMap;

  constructor(
    layout: StorageLayout,
    files: TorrentFiles,
    parts: PartStore,
    isAside: (file: number) => boolean,
  ) {
    this.#layout = layout;
    this.#files = files;
    this.#parts = parts;
    this.#isAside = isAside;
    this.#map = new ExtentMap(layout);
  }

  create(file: number): void {
    if (!this.#isAside(file)) this.#files.create(file);
  }

  write(file: number, position: number, vectors: readonly Uint8Array[]): void {
    if (!this.#isAside(file)) this.#files.write(file, position, vectors);
    else this.#inPart(file, position, (piece, begin) => this.#parts.write(piece, begin, vectors));
  }

  read(file: number, position: number, vectors: readonly Uint8Array[]): number {
    if (!this.#isAside(file)) return this.#files.read(file, position, vectors);
    return this.#inPart(file, position, (piece, begin) => this.#parts.read(piece, begin, vectors));
  }

  forget(file: number, position: number): void {
    if (!this.#isAside(file)) this.#files.forget(file, position);
    else this.#inPart(file, position, (piece, begin) => this.#parts.forget(piece, begin));
  }

  stat(file: number): FileStatus {
    return this.#stat(file, this.#isAside(file) ? this.#parts.list() : []);
  }

  sizeAndTime(file: number): FileStatus {
    return this.#isAside(file) ? absent : this.#files.sizeAndTime(file);
  }

  /** Status of several files, pad files among them. */
  statAll(files: Iterable<number>): FileStatus[] {
    let parts: readonly number[] | undefined;
    return Array.from(files, (file) => {
      if (this.#layout.files[file]?.isPad === true) return absent;
      if (!this.#isAside(file)) return this.#files.stat(file);
      parts ??= this.#parts.list();
      return this.#stat(file, parts);
    });
  }

  #stat(file: number, parts: readonly number[]): FileStatus {
    if (!this.#isAside(file)) return this.#files.stat(file);
    const range = this.#map.piecesOf(file);
    const piecesAside = range ? parts.filter((piece) => piece >= range.first && piece <= range.last) : [];
    const problem = piecesAside.map((piece) => this.#parts.stat(piece).problem).find((found) => found);
    return { ...absent, piecesAside, ...(problem && { problem }) };
  }

  /** What fails is told of the file whose bytes they are. */
  #inPart<T>(file: number, position: number, work: (piece: number, begin: number) => T): T {
    const { piece, begin } = this.#map.locate(file, position);
    try {
      return work(piece, begin);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const path = this.#layout.files[file]?.path.join('/') ?? '';
      throw new StorageError(error.code, error.message, path, { cause: error });
    }
  }
}

const absent: FileStatus = { lengthBytes: undefined, modifiedMs: undefined };
