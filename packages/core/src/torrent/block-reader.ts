import { blockLength } from '../common/block.js';
import { StorageError } from '../common/errors.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import type { SlotIndex, SlotPool } from '../ports/slots.js';
import type { TorrentStorage } from '../ports/storage.js';

/** Reads single blocks of a torrent from its storage. */
export class BlockReader {
  readonly #info: TorrentInfo;
  readonly #storage: TorrentStorage;
  readonly #slots: SlotPool;
  #isClosed = false;

  constructor(info: TorrentInfo, storage: TorrentStorage, slots: SlotPool) {
    this.#info = info;
    this.#storage = storage;
    this.#slots = slots;
  }

  /** A copy of a block. Waits for a slot where none is free. */
  async read(piece: number, block: number): Promise<Uint8Array> {
    const slot = await this.#acquire();
    try {
      const length = this.#info.layout.blockSize(piece, block);
      await this.#storage.readBlocks(piece, block * blockLength, length, [slot]);
      return this.#slots.view(slot).slice(0, length);
    } finally {
      this.#slots.release(slot);
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  async #acquire(): Promise<SlotIndex> {
    for (;;) {
      if (this.#isClosed) throw new StorageError('STORAGE_CLOSED', 'the torrent is closed', '');
      const slot = this.#slots.acquire();
      if (slot >= 0) return slot;
      await new Promise<void>((resolve) => this.#slots.whenFree(resolve));
    }
  }
}
