import type {
  Clock,
  FileStatus,
  SlotIndex,
  SlotPool,
  Storage,
  StorageError,
  StorageLayout,
  TorrentStorage,
} from '@peerloom/core';

/**
 * What can be made to fail: `write` is `writePiece`, `writeBlock` and `makeEmptyFiles`, `hash` is `hashPiece`, `select`,
 * `rename` and `move` are `selectFiles`, `renameFile` and `move`, where the storage inside has them.
 */
export type StorageOperation =
  | 'open'
  | 'write'
  | 'read'
  | 'hash'
  | 'stat'
  | 'sync'
  | 'select'
  | 'rename'
  | 'move';

interface Script {
  /** Calls so far. */
  count: number;
  /** Errors by number of the call. */
  readonly failures: Map<number, StorageError>;
  /** Error of every call. */
  failure: StorageError | undefined;
  delayMs: number;
}

/** A storage in which chosen calls fail, take their time, or lie. The rest goes to the one inside. */
export class FaultyStorage implements Storage {
  readonly #inner: Storage;
  readonly #clock: Clock;
  readonly #scripts = new Map<StorageOperation, Script>();
  readonly #corruptReads = new Set<number>();

  constructor(inner: Storage, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  /** Makes a call fail: the `nth` from now, 1 is the next. */
  fail(operation: StorageOperation, nth: number, error: StorageError): void {
    const script = this.#script(operation);
    script.failures.set(script.count + nth, error);
  }

  /** Makes every call fail until {@link repair}. */
  failAll(operation: StorageOperation, error: StorageError): void {
    this.#script(operation).failure = error;
  }

  /** Takes back every failure that has not happened. */
  repair(): void {
    this.#corruptReads.clear();
    for (const script of this.#scripts.values()) {
      script.failures.clear();
      script.failure = undefined;
    }
  }

  /** Makes the calls take so long, by the clock. */
  delay(operation: StorageOperation, delayMs: number): void {
    this.#script(operation).delayMs = delayMs;
  }

  /** Flips a bit in what the `nth` read from now gives; 1 is the next. */
  corruptRead(nth: number): void {
    this.#corruptReads.add(this.#script('read').count + nth);
  }

  /** Calls so far, failed ones included. */
  count(operation: StorageOperation): number {
    return this.#script(operation).count;
  }

  async open(layout: StorageLayout, slots: SlotPool): Promise<TorrentStorage> {
    await this.#enter('open');
    const inner = await this.#inner.open(layout, slots);
    const { selectFiles, makeEmptyFiles, renameFile, move } = inner;
    return {
      ...(selectFiles && {
        selectFiles: async (unwanted: readonly number[]) => {
          await this.#enter('select');
          return selectFiles.call(inner, unwanted);
        },
      }),
      ...(makeEmptyFiles && {
        makeEmptyFiles: async () => {
          await this.#enter('write');
          await makeEmptyFiles.call(inner);
        },
      }),
      ...(renameFile && {
        renameFile: async (file: number, path: readonly string[]) => {
          await this.#enter('rename');
          await renameFile.call(inner, file, path);
        },
      }),
      ...(move && {
        move: async (place: string) => {
          await this.#enter('move');
          await move.call(inner, place);
        },
      }),
      writePiece: async (piece, pieceSlots, expectedHash) => {
        await this.#enter('write');
        return inner.writePiece(piece, pieceSlots, expectedHash);
      },
      writeBlock: async (piece, begin, slot, lengthBytes) => {
        await this.#enter('write');
        await inner.writeBlock(piece, begin, slot, lengthBytes);
      },
      readBlocks: async (piece, begin, lengthBytes, blockSlots) => {
        const nth = await this.#enter('read');
        await inner.readBlocks(piece, begin, lengthBytes, blockSlots);
        if (this.#corruptReads.delete(nth)) flipBit(slots, blockSlots);
      },
      hashPiece: async (piece, expectedHash) => {
        await this.#enter('hash');
        return inner.hashPiece(piece, expectedHash);
      },
      stat: async (files?: readonly number[]): Promise<readonly FileStatus[]> => {
        await this.#enter('stat');
        return inner.stat(files);
      },
      sync: async () => {
        await this.#enter('sync');
        await inner.sync();
      },
      close: () => inner.close(),
    };
  }

  /** Counts a call, lets its time pass, and throws what it is to fail with; its number. */
  async #enter(operation: StorageOperation): Promise<number> {
    const script = this.#script(operation);
    const nth = ++script.count;
    const { delayMs } = script;
    if (delayMs > 0) {
      await new Promise<void>((resolve) => {
        this.#clock.setTimeout(resolve, delayMs);
      });
    }
    const error = script.failures.get(nth) ?? script.failure;
    script.failures.delete(nth);
    if (error !== undefined) throw error;
    return nth;
  }

  #script(operation: StorageOperation): Script {
    const known = this.#scripts.get(operation);
    if (known !== undefined) return known;
    const script: Script = { count: 0, failures: new Map(), failure: undefined, delayMs: 0 };
    this.#scripts.set(operation, script);
    return script;
  }
}

function flipBit(pool: SlotPool, slots: readonly SlotIndex[]): void {
  const first = slots[0];
  if (first === undefined) return;
  const view = pool.view(first);
  view[0] = (view[0] ?? 0) ^ 1;
}
