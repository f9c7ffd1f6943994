import { resolve } from 'node:path';
import { StorageError } from '../common/errors.js';
import type { MetadataStore } from '../ports/metadata-store.js';
import type { SlotPool } from '../ports/slots.js';
import type { Storage, StorageLayout, TorrentStorage } from '../ports/storage.js';
import { DiskExecutor } from './disk-executor.js';
import { FileMetadataStore } from './file-metadata-store.js';
import { checkPath } from './file-places.js';
import { FileTorrentStorage } from './file-torrent-storage.js';

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
  /**
   * Hears of what makes disk work slower than it should be (no worker could be loaded, one crashed), of a damaged
   * record of where files are, and of files that a move could not take out of their old place.
   */
  readonly onWarning?: (message: string) => void;
  /**
   * Whether the storage keeps what is known of torrents and their data, below `.peerloom` in its root, so that not
   * all is hashed at each start and metadata is fetched once, and takes the data for this process alone meanwhile. Default true. Not for who only
   * looks at the data: then files stay where they are as well, whether they are wanted or not.
   */
  readonly keepsState?: boolean;
}

/**
 * Keeps torrents as files below one folder, in as many threads as are worth it. Files appear with the
 * first write to them and grow as pieces come. Symbolic links are not followed out of the folder, and as a
 * file not at all.
 */
export class FileStorage implements Storage {
  readonly #root: string;
  readonly #executor: DiskExecutor;
  readonly #warn: (message: string) => void;
  readonly #keepsState: boolean;
  readonly metadata: MetadataStore | undefined;
  readonly #torrents = new Set<TorrentStorage>();
  #closed = false;

  constructor({ root, threads, workerUrl, onWarning, keepsState = true }: FileStorageOptions) {
    this.#root = resolve(root);
    this.#keepsState = keepsState;
    this.metadata = keepsState ? new FileMetadataStore(this.#root) : undefined;
    this.#warn = onWarning ?? (() => undefined);
    this.#executor = new DiskExecutor({ threads, workerUrl, onWarning });
  }

  /** Rejects with `STORAGE_PATH` where a path is not safe, and with `STORAGE_CLOSED`. */
  async open(layout: StorageLayout, slots: SlotPool): Promise<TorrentStorage> {
    if (this.#closed) throw new StorageError('STORAGE_CLOSED', 'the storage is closed', '');
    for (const { path } of layout.files) checkPath(path);
    const torrent = this.#executor.register(this.#root, layout, slots);
    const storage: FileTorrentStorage = new FileTorrentStorage(this.#executor, torrent, {
      closed: () => this.#torrents.delete(storage),
      warn: this.#warn,
      keepsState: this.#keepsState,
    });
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
