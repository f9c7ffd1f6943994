import { StorageError } from '../common/errors.js';
import type { SlotIndex, SlotPool } from '../ports/slots.js';
import type { FileStatus, TorrentStorage } from '../ports/storage.js';

/** A call that has not been let through yet. */
export interface PendingCall {
  readonly name: 'writePiece' | 'writeBlock' | 'readBlocks' | 'hashPiece';
  readonly piece: number;
  /** Slots that belong to the call until it settles. */
  readonly slots: readonly SlotIndex[];
  readonly before: readonly Uint8Array[];
  readonly settle: (fails: boolean) => Promise<void>;
}

/** Bytes of each slot that are compared: the rest of a test's blocks is zero. */
const comparedBytes = 64;

/**
 * Lets calls wait until a test settles them, in any order, and notes where somebody wrote slots that
 * belonged to a call.
 */
export class ControlledStorage implements TorrentStorage {
  readonly pending: PendingCall[] = [];
  readonly violations: string[] = [];
  /** Blocks are not written, and nobody is told. */
  losesWrites = false;
  readonly #inner: TorrentStorage;
  readonly #pool: SlotPool;

  constructor(inner: TorrentStorage, pool: SlotPool) {
    this.#inner = inner;
    this.#pool = pool;
  }

  writePiece(piece: number, slots: readonly SlotIndex[], expected: Uint8Array): Promise<'ok' | 'hashFailed'> {
    const owned = [...slots];
    return this.#wait('writePiece', piece, owned, () => this.#inner.writePiece(piece, owned, expected));
  }

  writeBlock(piece: number, begin: number, slot: SlotIndex, lengthBytes: number): Promise<void> {
    return this.#wait('writeBlock', piece, [slot], async () => {
      if (!this.losesWrites) await this.#inner.writeBlock(piece, begin, slot, lengthBytes);
    });
  }

  readBlocks(piece: number, begin: number, lengthBytes: number, slots: readonly SlotIndex[]): Promise<void> {
    const owned = [...slots];
    return this.#wait('readBlocks', piece, owned, () =>
      this.#inner.readBlocks(piece, begin, lengthBytes, owned),
    );
  }

  hashPiece(piece: number, expected: Uint8Array): Promise<'ok' | 'hashFailed' | 'missing'> {
    return this.#wait('hashPiece', piece, [], () => this.#inner.hashPiece(piece, expected));
  }

  stat(files?: readonly number[]): Promise<readonly FileStatus[]> {
    return this.#inner.stat(files);
  }

  sync(): Promise<void> {
    return this.#inner.sync();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #wait<T>(
    name: PendingCall['name'],
    piece: number,
    slots: readonly SlotIndex[],
    run: () => Promise<T>,
  ): Promise<T> {
    const before = slots.map((slot) => this.#pool.view(slot).slice(0, comparedBytes));
    return new Promise<T>((resolve, reject) => {
      const call: PendingCall = {
        name,
        piece,
        slots,
        before,
        settle: async (fails) => {
          this.pending.splice(this.pending.indexOf(call), 1);
          for (const [index, slot] of slots.entries()) {
            const now = this.#pool.view(slot).subarray(0, comparedBytes);
            if (!now.every((byte, at) => byte === before[index]?.[at])) {
              this.violations.push(`slot ${slot} was written during ${name} of piece ${piece}`);
            }
          }
          if (fails) reject(new StorageError('STORAGE_IO', 'the medium failed', ''));
          else await run().then(resolve, reject);
        },
      };
      this.pending.push(call);
    });
  }
}
