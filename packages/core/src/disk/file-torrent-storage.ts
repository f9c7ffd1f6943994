import { StorageError } from '../common/errors.js';
import type { SlotIndex } from '../ports/slots.js';
import type { FileStatus, TorrentStorage } from '../ports/storage.js';
import type { DiskExecutor } from './disk-executor.js';
import type { DiskTorrent } from './disk-protocol.js';
import { checkPieceSlots, checkRange, checkSlots, pieceSize } from './extent-map.js';
import { syncTorrent } from './sync-torrent.js';

/** A torrent of a `FileStorage`: checks calls and hands them to the executor as jobs. */
export class FileTorrentStorage implements TorrentStorage {
  readonly #executor: DiskExecutor;
  readonly #torrent: DiskTorrent;
  readonly #onClose: () => void;
  #lastSync: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(executor: DiskExecutor, torrent: DiskTorrent, onClose: () => void) {
    this.#executor = executor;
    this.#torrent = torrent;
    this.#onClose = onClose;
  }

  async writePiece(
    piece: number,
    slots: readonly SlotIndex[],
    expectedHash: Uint8Array,
  ): Promise<'ok' | 'hashFailed'> {
    const { layout, slots: pool } = this.#open();
    checkPieceSlots(layout, piece, slots, pool.slotLength);
    // A copy: cloning a view for a worker would clone all the memory behind it.
    const job = { kind: 'writePiece', piece, slots: [...slots], expectedHash: expectedHash.slice() } as const;
    return this.#executor.run(this.#torrent, job, pieceSize(layout, piece));
  }

  async writeBlock(piece: number, begin: number, slot: SlotIndex, lengthBytes: number): Promise<void> {
    const { layout, slots: pool } = this.#open();
    checkRange(layout, piece, begin, lengthBytes);
    checkSlots([slot], lengthBytes, pool.slotLength);
    const job = { kind: 'writeBlock', piece, begin, slot, lengthBytes } as const;
    await this.#executor.run(this.#torrent, job, lengthBytes);
  }

  async readBlocks(
    piece: number,
    begin: number,
    lengthBytes: number,
    slots: readonly SlotIndex[],
  ): Promise<void> {
    const { layout, slots: pool } = this.#open();
    checkRange(layout, piece, begin, lengthBytes);
    checkSlots(slots, lengthBytes, pool.slotLength);
    const job = { kind: 'readBlocks', piece, begin, lengthBytes, slots: [...slots] } as const;
    await this.#executor.run(this.#torrent, job, lengthBytes);
  }

  async hashPiece(piece: number, expectedHash: Uint8Array): Promise<'ok' | 'hashFailed' | 'missing'> {
    const { layout } = this.#open();
    checkRange(layout, piece, 0, 0);
    const job = { kind: 'hashPiece', piece, expectedHash: expectedHash.slice() } as const;
    return this.#executor.run(this.#torrent, job, pieceSize(layout, piece));
  }

  async stat(files?: readonly number[]): Promise<readonly FileStatus[]> {
    const { layout } = this.#open();
    for (const file of files ?? []) {
      if (layout.files[file] === undefined) {
        throw new StorageError('STORAGE_RANGE', `the torrent has no file ${file}`, '');
      }
    }
    return this.#executor.run(this.#torrent, { kind: 'stat', files }, 0);
  }

  async sync(): Promise<void> {
    const torrent = this.#open();
    // One after the other: a flush must not return while another still works on what it found clean.
    const sync = this.#lastSync.then(() => syncTorrent(torrent));
    this.#lastSync = sync.catch(() => undefined);
    await sync;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #open(): DiskTorrent {
    if (this.#closing !== undefined) {
      throw new StorageError('STORAGE_CLOSED', "the torrent's storage is closed", '');
    }
    return this.#torrent;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#lastSync, this.#executor.closeTorrent(this.#torrent)]);
    this.#onClose();
  }
}
