import type { FileSystem } from './file-system.js';
import { errnoOf } from './storage-failure.js';

/** A file held open, in the table of its torrent. */
export interface OpenFile {
  readonly fd: number;
  readonly writable: boolean;
  readonly table: Map<number, OpenFile>;
  readonly index: number;
}

/**
 * Keeps at most `limit` files open, over all torrents of a thread; the one used longest ago is closed
 * for a new one.
 */
export class OpenFilePool {
  readonly #fileSystem: FileSystem;
  readonly #limit: number;
  /** In order of use. */
  readonly #files = new Set<OpenFile>();

  constructor(fileSystem: FileSystem, limit: number) {
    this.#fileSystem = fileSystem;
    this.#limit = limit;
  }

  /** The open file number `index` of a table, now the one used last. */
  get(table: Map<number, OpenFile>, index: number): OpenFile | undefined {
    const file = table.get(index);
    if (file === undefined) return undefined;
    this.#files.delete(file);
    this.#files.add(file);
    return file;
  }

  /** Opens `path` and keeps it in `table`. Throws the system's error. */
  open(
    table: Map<number, OpenFile>,
    index: number,
    path: string,
    flags: number,
    writable: boolean,
  ): OpenFile {
    while (this.#files.size >= this.#limit) this.#closeOldest();
    const file: OpenFile = { fd: this.#openDescriptor(path, flags), writable, table, index };
    table.set(index, file);
    this.#files.add(file);
    return file;
  }

  /** Closes the file and takes it from its table. */
  close(file: OpenFile): void {
    this.#files.delete(file);
    file.table.delete(file.index);
    try {
      this.#fileSystem.close(file.fd);
    } catch {
      // The descriptor is gone either way, and a late write error shows in the next flush as well.
    }
  }

  /** Other parts of the process use descriptors too: when none is left, ours make room. */
  #openDescriptor(path: string, flags: number): number {
    for (;;) {
      try {
        return this.#fileSystem.open(path, flags);
      } catch (error) {
        const errno = errnoOf(error);
        if ((errno !== 'EMFILE' && errno !== 'ENFILE') || this.#files.size === 0) throw error;
        this.#closeOldest();
      }
    }
  }

  #closeOldest(): void {
    for (const oldest of this.#files) {
      this.close(oldest);
      return;
    }
  }
}
