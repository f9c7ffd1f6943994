import { StorageError } from '../common/errors.js';
import type { SlotIndex, SlotPool } from '../ports/slots.js';
import type { FileStatus, Storage, StorageLayout, TorrentStorage } from '../ports/storage.js';
import { checkPieceSlots, checkRange, checkSlots } from './extent-map.js';
import { MemoryFolder, MemoryTorrentFiles } from './memory-files.js';
import { MemoryPlaces } from './memory-places.js';
import { PartedFiles } from './parted-files.js';
import { PieceIo } from './piece-io.js';

/**
 * Keeps torrents in memory, with the behaviour of files: what one torrent wrote is there when it is opened
 * again, data that was never written takes no memory, and times of change are a running count. Everything
 * settles by microtasks, without real time, in the order of the calls.
 */
export class MemoryStorage implements Storage {
  readonly #folder = new MemoryFolder();
  readonly #places = new Map<string, MemoryPlaces>();

  /** Makes a file of a copy of `bytes`, in place of what is there; `path` is joined by `/`. */
  put(path: string, bytes: Uint8Array): void {
    this.#folder.replace(path).write(0, bytes);
  }

  /** A copy of a file's content, zeros where nothing was written; `undefined` where there is no file. */
  get(path: string): Uint8Array | undefined {
    const file = this.#folder.get(path);
    if (file === undefined) return undefined;
    const bytes = new Uint8Array(file.lengthBytes);
    file.read(0, bytes);
    return bytes;
  }

  async open(layout: StorageLayout, slots: SlotPool): Promise<TorrentStorage> {
    return new MemoryTorrentStorage(layout, this.#folder, this.#placesOf(layout), slots);
  }

  /** Those of its infohash; a torrent without one has its own each time. */
  #placesOf(layout: StorageLayout): MemoryPlaces {
    const { infoHash } = layout;
    const known = infoHash === undefined ? undefined : this.#places.get(infoHash);
    const places = known ?? new MemoryPlaces(this.#folder, layout);
    if (infoHash !== undefined) this.#places.set(infoHash, places);
    return places;
  }
}

class MemoryTorrentStorage implements TorrentStorage {
  readonly #layout: StorageLayout;
  readonly #places: MemoryPlaces;
  readonly #files: PartedFiles;
  readonly #slots: SlotPool;
  readonly #pieces: PieceIo;
  #closed = false;

  constructor(layout: StorageLayout, folder: MemoryFolder, places: MemoryPlaces, slots: SlotPool) {
    const inPlace = new MemoryTorrentFiles(folder, (file) => places.pathOf(file));
    this.#layout = layout;
    this.#places = places;
    this.#files = new PartedFiles(layout, inPlace, places.parts, (file) => places.isAside(file));
    this.#slots = slots;
    this.#pieces = new PieceIo(layout, this.#files, slots);
  }

  writePiece(
    piece: number,
    slots: readonly SlotIndex[],
    expectedHash: Uint8Array,
  ): Promise<'ok' | 'hashFailed'> {
    const owned = [...slots];
    return this.#run(() => {
      checkPieceSlots(this.#layout, piece, owned, this.#slots.slotLength);
      return this.#pieces.writePiece(piece, owned, expectedHash);
    });
  }

  writeBlock(piece: number, begin: number, slot: SlotIndex, lengthBytes: number): Promise<void> {
    return this.#run(() => {
      checkRange(this.#layout, piece, begin, lengthBytes);
      checkSlots([slot], lengthBytes, this.#slots.slotLength);
      this.#pieces.writeBlock(piece, begin, slot, lengthBytes);
    });
  }

  readBlocks(piece: number, begin: number, lengthBytes: number, slots: readonly SlotIndex[]): Promise<void> {
    const owned = [...slots];
    return this.#run(() => {
      checkRange(this.#layout, piece, begin, lengthBytes);
      checkSlots(owned, lengthBytes, this.#slots.slotLength);
      this.#pieces.readBlocks(piece, begin, lengthBytes, owned);
    });
  }

  hashPiece(piece: number, expectedHash: Uint8Array): Promise<'ok' | 'hashFailed' | 'missing'> {
    return this.#run(() => {
      checkRange(this.#layout, piece, 0, 0);
      return this.#pieces.hashPiece(piece, expectedHash, false);
    });
  }

  stat(files?: readonly number[]): Promise<readonly FileStatus[]> {
    return this.#run(() => {
      const indices = files ?? [...this.#layout.files.keys()];
      for (const file of indices) {
        if (this.#layout.files[file] !== undefined) continue;
        throw new StorageError('STORAGE_RANGE', `the torrent has no file ${file}`, '');
      }
      return this.#files.statAll(indices).map((status, index) => {
        const path = this.#places.renamed(indices[index] ?? -1);
        return path === undefined ? status : { ...status, path };
      });
    });
  }

  selectFiles(unwanted: readonly number[]): Promise<readonly number[]> {
    const owned = [...unwanted];
    return this.#run(() => this.#places.select(owned));
  }

  makeEmptyFiles(): Promise<void> {
    return this.#run(() => this.#pieces.makeEmptyFiles());
  }

  renameFile(file: number, path: readonly string[]): Promise<void> {
    const owned = [...path];
    return this.#run(() => this.#places.rename(file, owned));
  }

  sync(): Promise<void> {
    return this.#run(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // What was called before runs in microtasks before this one goes on.
    await undefined;
  }

  /** Runs later, as a disk does, so that a slot given back too early is noticed in simulations too. */
  async #run<T>(work: () => T): Promise<T> {
    if (this.#closed) throw new StorageError('STORAGE_CLOSED', "the torrent's storage is closed", '');
    await undefined;
    return work();
  }
}
