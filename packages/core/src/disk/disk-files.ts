import { join } from 'node:path';
import { StorageError } from '../common/errors.js';
import type { FileProblem, FileStatus } from '../ports/storage.js';
import { createdFlag, type FileFlags, seenFlag, unflushedFlag } from './file-flags.js';
import {
  type FileSystem,
  openForReading,
  openForWriting,
  openOrCreate,
  readAccess,
  writeAccess,
} from './file-system.js';
import { FolderGuard } from './folder-guard.js';
import { transferAll } from './io-vectors.js';
import type { OpenFile, OpenFilePool } from './open-file-pool.js';
import { errnoOf, storageFailure } from './storage-failure.js';
import type { TorrentFiles } from './torrent-files.js';

const absent: FileStatus = { lengthBytes: undefined, modifiedMs: undefined };

function notAFile(path: string): StorageError {
  return new StorageError('STORAGE_NOT_A_FILE', `'${path}' is not a regular file`, path);
}

/**
 * The files of one torrent on disk, as one thread sees them. Files and folders are made by the first write
 * to them, empty files by the first write of all; nothing is ever truncated. Only regular files within the
 * root are touched: a symbolic link as the last element is refused, as is a folder that leads out.
 *
 * A file that was there and has vanished is not made anew behind the engine's back, because what it held
 * would read as zeros: writes fail with `STORAGE_NOT_FOUND` until it is back or a check noticed.
 */
export class DiskFiles implements TorrentFiles {
  readonly #fileSystem: FileSystem;
  readonly #pool: OpenFilePool;
  readonly #root: string;
  readonly #pathOf: (file: number) => readonly string[];
  readonly #flags: FileFlags;
  readonly #folders: FolderGuard;
  readonly #open = new Map<number, OpenFile>();

  /** @param pathOf Path elements of a file below the root. */
  constructor(
    fileSystem: FileSystem,
    pool: OpenFilePool,
    root: string,
    pathOf: (file: number) => readonly string[],
    flags: FileFlags,
  ) {
    this.#fileSystem = fileSystem;
    this.#pool = pool;
    this.#root = root;
    this.#pathOf = pathOf;
    this.#flags = flags;
    this.#folders = new FolderGuard(fileSystem, root);
  }

  create(file: number): void {
    try {
      this.#pool.close(this.#forWriting(file));
    } catch (error) {
      throw storageFailure(error, 'create', this.#relative(file));
    }
  }

  write(file: number, position: number, vectors: readonly Uint8Array[]): void {
    try {
      const { fd } = this.#forWriting(file);
      let length = 0;
      for (const vector of vectors) length += vector.length;
      this.#flags.set(file, unflushedFlag);
      const written = transferAll((rest, at) => this.#fileSystem.writev(fd, rest, at), vectors, position);
      if (written < length) throw new Error(`${written} of ${length} bytes written`);
    } catch (error) {
      throw storageFailure(error, 'write', this.#relative(file));
    }
  }

  read(file: number, position: number, vectors: readonly Uint8Array[]): number {
    try {
      const { fd } = this.#forReading(file);
      return transferAll((rest, at) => this.#fileSystem.readv(fd, rest, at), vectors, position);
    } catch (error) {
      throw storageFailure(error, 'read', this.#relative(file));
    }
  }

  forget(file: number): void {
    this.#flags.clear(file, seenFlag);
  }

  stat(file: number): FileStatus {
    let found: FileStatus = absent;
    try {
      found = this.#status(file);
      if (found.lengthBytes !== undefined) this.#fileSystem.access(this.#path(file), readAccess);
    } catch (error) {
      return { ...found, problem: this.#problem(error, 'read', file) };
    }
    try {
      const target =
        found.lengthBytes === undefined ? this.#folders.nearest(this.#folder(file)) : this.#path(file);
      this.#fileSystem.access(target, writeAccess);
    } catch (error) {
      return { ...found, writeProblem: this.#problem(error, 'write', file) };
    }
    return found;
  }

  sizeAndTime(file: number): FileStatus {
    try {
      const { size, mtimeMs } = this.#fileSystem.fstat(this.#forReading(file).fd);
      return { lengthBytes: size, modifiedMs: mtimeMs };
    } catch (error) {
      throw storageFailure(error, 'look at', this.#relative(file));
    }
  }

  /** Throws where something other than a file is in its place. */
  #status(file: number): FileStatus {
    try {
      if (!this.#folders.exists(this.#folder(file))) return absent;
      const status = this.#fileSystem.lstat(this.#path(file));
      if (status.isFile()) return { lengthBytes: status.size, modifiedMs: status.mtimeMs };
      const path = this.#relative(file);
      if (!status.isSymbolicLink()) throw notAFile(path);
      throw new StorageError('STORAGE_SYMLINK', `'${path}' is a symbolic link`, path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return absent;
      throw error;
    }
  }

  #problem(error: unknown, action: string, file: number): FileProblem {
    const { code, message } = storageFailure(error, action, this.#relative(file));
    return { code, message };
  }

  /** Closes what is open. */
  close(): void {
    for (const file of this.#open.values()) this.#pool.close(file);
  }

  #forReading(file: number): OpenFile {
    return this.#current(file) ?? this.#openExisting(file, openForReading, false);
  }

  #forWriting(file: number): OpenFile {
    const current = this.#current(file);
    if (current?.writable === true) return current;
    if (current !== undefined) this.#pool.close(current);
    try {
      return this.#openExisting(file, openForWriting, true);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || this.#flags.has(file, seenFlag)) throw error;
    }
    // The folder may be missing, or have gone since it was looked at.
    this.#folders.forget();
    this.#folders.create(this.#folder(file));
    const created = this.#openChecked(file, openOrCreate, true);
    this.#flags.set(file, createdFlag | unflushedFlag);
    return created;
  }

  /** The open file, unless it has been deleted under us. */
  #current(file: number): OpenFile | undefined {
    const open = this.#pool.get(this.#open, file);
    if (open === undefined) return undefined;
    if (this.#fileSystem.fstat(open.fd).nlink > 0) return open;
    this.#pool.close(open);
    return undefined;
  }

  #openExisting(file: number, flags: number, writable: boolean): OpenFile {
    // Asked for its refusal of links only: where the folder is missing, opening says so.
    this.#folders.exists(this.#folder(file));
    return this.#openChecked(file, flags, writable);
  }

  #openChecked(file: number, flags: number, writable: boolean): OpenFile {
    const opened = this.#pool.open(this.#open, file, this.#path(file), flags, writable);
    if (!this.#fileSystem.fstat(opened.fd).isFile()) {
      this.#pool.close(opened);
      throw notAFile(this.#relative(file));
    }
    this.#flags.set(file, seenFlag);
    return opened;
  }

  #folder(file: number): readonly string[] {
    return this.#pathOf(file).slice(0, -1);
  }

  #relative(file: number): string {
    return this.#pathOf(file).join('/');
  }

  #path(file: number): string {
    return join(this.#root, ...this.#pathOf(file));
  }
}
