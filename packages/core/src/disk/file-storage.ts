import { resolve } from 'node:path';
import { StorageError } from '../common/errors.js';
import type { SlotPool } from '../ports/slots.js';
import type { Storage, StorageFile, StorageLayout, TorrentStorage } from '../ports/storage.js';
import { DiskExecutor } from './disk-executor.js';
import { FileTorrentStorage } from './file-torrent-storage.js';
import { isInStateFolder } from './state-folder.js';

/** Options of a {@link FileStorage}. */
export interface FileStorageOptions {
  /** Folder that torrents' names start from; created by the first write. */
  readonly root: string;
  /**
   * Worker threads at most; 0 does everything on the calling thread, between its other events. Threads
   * are started as the load asks for them. By default none on a single core, else one a core up to four.
   */
  readonly threads?: number;
  /**
   * Where the worker's file is, for applications that are bundled into one file: a copy of this package's
   * `dist/disk-worker.js`. By default it is looked for beside the running module.
   */
  readonly workerUrl?: URL;
  /** Hears of what makes disk work slower than it should be: no worker could be loaded, one crashed. */
  readonly onWarning?: (message: string) => void;
}

/** Throws `STORAGE_PATH` for elements that could name anything but a file of a torrent below the root. */
function checkPath({ path }: StorageFile): void {
  const isSafe = (element: string): boolean =>
    element !== '' && element !== '.' && element !== '..' && !/[/\\\0]/.test(element);
  if (path.length > 0 && path.every(isSafe) && !isInStateFolder(path)) return;
  throw new StorageError(
    'STORAGE_PATH',
    `not a path for a torrent's file: ${JSON.stringify(path)}`,
    path.join('/'),
  );
}

/**
 * Keeps torrents as files below one folder, in as many threads as are worth it. Files appear with the
 * first write to them and grow as pieces come. Symbolic links are not followed out of the folder, and as a
 * file not at all.
 */
export class FileStorage implements Storage {
  readonly #root: string;
  readonly #executor: DiskExecutor;
  readonly #torrents = new Set<TorrentStorage>();
  #closed = false;

  constructor({ root, threads, workerUrl, onWarning }: FileStorageOptions) {
    this.#root = resolve(root);
    this.#executor = new DiskExecutor({ threads, workerUrl, onWarning });
  }

  /** Rejects with `STORAGE_PATH` where a path is not safe, and with `STORAGE_CLOSED`. */
  async open(layout: StorageLayout, slots: SlotPool): Promise<TorrentStorage> {
    if (this.#closed) throw new StorageError('STORAGE_CLOSED', 'the storage is closed', '');
    for (const file of layout.files) checkPath(file);
    const torrent = this.#executor.register(this.#root, layout, slots);
    const storage = new FileTorrentStorage(this.#executor, torrent, () => this.#torrents.delete(storage));
    this.#torrents.add(storage);
    return storage;
  }

  /** Closes all torrents, waiting for what is under way, and ends the threads. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#torrents, (torrent) => torrent.close()));
    await this.#executor.close();
  }
}
