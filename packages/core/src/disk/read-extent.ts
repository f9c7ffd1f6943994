import type { StorageError } from '../common/errors.js';
import type { SlotIndex } from '../ports/slots.js';
import type { TorrentStorage } from '../ports/storage.js';

/** Called once for a read; `chunks` are the data in order until `release` is called, once. */
export type ReadDone = (
  error: StorageError | undefined,
  chunks: readonly Uint8Array[],
  release: () => void,
) => void;

/** One read of a cache: waiting for memory, for its extents, or for its data to be released. */
export interface CacheRead {
  readonly source: TorrentStorage;
  readonly piece: number;
  readonly begin: number;
  readonly lengthBytes: number;
  readonly pieceSize: number;
  readonly done: ReadDone;
  /** What it uses, in order. */
  readonly extents: ReadExtent[];
  /** Extents that are still being loaded. */
  pending: number;
  failed: boolean;
}

/** A run of a piece in slots. */
export interface ReadExtent {
  readonly source: TorrentStorage;
  readonly piece: number;
  /** Number of the extent in its piece. */
  readonly index: number;
  /** Where it begins in its piece. */
  readonly beginBytes: number;
  readonly lengthBytes: number;
  readonly slots: readonly SlotIndex[];
  /** Whether its slots are being written. */
  loading: boolean;
  /** Reads that use it. While there are any its slots stay. */
  readers: number;
  /** Reads to tell once it is loaded. */
  readonly waiting: CacheRead[];
  /** Whether further reads may find it. */
  indexed: boolean;
}

/** Finds extents by torrent, piece and number. */
export class ExtentIndex {
  readonly #sources = new Map<TorrentStorage, Map<number, Map<number, ReadExtent>>>();

  get(source: TorrentStorage, piece: number, index: number): ReadExtent | undefined {
    return this.#sources.get(source)?.get(piece)?.get(index);
  }

  add(extent: ReadExtent): void {
    let pieces = this.#sources.get(extent.source);
    if (pieces === undefined) {
      pieces = new Map();
      this.#sources.set(extent.source, pieces);
    }
    let extents = pieces.get(extent.piece);
    if (extents === undefined) {
      extents = new Map();
      pieces.set(extent.piece, extents);
    }
    extents.set(extent.index, extent);
    extent.indexed = true;
  }

  remove(extent: ReadExtent): void {
    if (!extent.indexed) return;
    extent.indexed = false;
    const pieces = this.#sources.get(extent.source);
    const extents = pieces?.get(extent.piece);
    extents?.delete(extent.index);
    if (extents?.size === 0) pieces?.delete(extent.piece);
    if (pieces?.size === 0) this.#sources.delete(extent.source);
  }

  /** All extents of all torrents. */
  all(): ReadExtent[] {
    return [...this.#sources.keys()].flatMap((source) => this.of(source, undefined));
  }

  /** All extents of a torrent, or of one of its pieces. */
  of(source: TorrentStorage, piece: number | undefined): ReadExtent[] {
    const pieces = this.#sources.get(source);
    if (pieces === undefined) return [];
    if (piece !== undefined) return [...(pieces.get(piece)?.values() ?? [])];
    return Array.from(pieces.values(), (extents) => [...extents.values()]).flat();
  }
}
