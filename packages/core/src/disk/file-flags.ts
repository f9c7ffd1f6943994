/** The file has been seen: opened, or created. */
export const seenFlag = 1;
/** Written since the last flush. */
export const unflushedFlag = 2;
/** Created since the last flush: its folders have to be flushed too. */
export const createdFlag = 4;
/** Not wanted, and not in its place: its bytes are in the parts of pieces. Changes only while no job runs. */
export const asideFlag = 8;

/**
 * A few flags for each file of a torrent, in memory that all threads share, so that they survive the
 * thread that set them.
 */
export class FileFlags {
  readonly memory: SharedArrayBuffer;
  readonly #flags: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#flags = new Uint8Array(memory);
  }

  /** Flags for `fileCount` files, none of them set. */
  static create(fileCount: number): FileFlags {
    return new FileFlags(new SharedArrayBuffer(fileCount));
  }

  /** Whether any of the flags is set. */
  has(file: number, flags: number): boolean {
    return (Atomics.load(this.#flags, file) & flags) !== 0;
  }

  set(file: number, flags: number): void {
    Atomics.or(this.#flags, file, flags);
  }

  clear(file: number, flags: number): void {
    Atomics.and(this.#flags, file, ~flags & 0xff);
  }
}
