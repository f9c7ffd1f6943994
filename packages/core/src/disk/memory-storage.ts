import { StorageError } from '../common/errors.js';
import type { SlotIndex, SlotPool } from '../ports/slots.js';
import type { FileStatus, Storage, StorageLayout, TorrentStorage } from '../ports/storage.js';
import { checkPieceSlots, checkRange, checkSlots } from './extent-map.js';
import { MemoryFolder, MemoryTorrentFiles } from './memory-files.js';
import { PieceIo } from './piece-io.js';

/**
 * Keeps torrents in memory, with the behaviour of files: what one torrent wrote is there when it is opened
 * again, data that was never written takes no memory, and times of change are a running count. Everything
 * settles by microtasks, without real time, in the order of the calls.
 */
export class MemoryStorage implements Storage {
  readonly #folder = new MemoryFolder();

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
    return new MemoryTorrentStorage(layout, new MemoryTorrentFiles(this.#folder, layout.files), slots);
  }
}

class MemoryTorrentStorage implements TorrentStorage {
  readonly #layout: StorageLayout;
  readonly #files: MemoryTorrentFiles;
  readonly #slots: SlotPool;
  readonly #pieces: PieceIo;
  #closed = false;

  constructor(layout: StorageLayout, files: MemoryTorrentFiles, slots: SlotPool) {
    this.#layout = layout;
    this.#files = files;
    this.#slots = slots;
    this.#pieces = new PieceIo(layout, files, slots);
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
      return this.#pieces.hashPiece(piece, expectedHash);
    });
  }

  stat(files?: readonly number[]): Promise<readonly FileStatus[]> {
    return this.#run(() =>
      Array.from(files ?? this.#layout.files.keys(), (index) => {
        const file = this.#layout.files[index];
        if (file === undefined) {
          throw new StorageError('STORAGE_RANGE', `the torrent has no file ${index}`, '');
        }
        return file.isPad ? { lengthBytes: undefined, modifiedMs: undefined } : this.#files.stat(index);
      }),
    );
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
