import { StorageError } from '../common/errors.js';
import type { ResumeStore } from '../ports/resume-store.js';
import type { SlotIndex } from '../ports/slots.js';
import type { FileStatus, TorrentStorage } from '../ports/storage.js';
import type { DiskExecutor } from './disk-executor.js';
import type { DiskJob, DiskResults, DiskTorrent } from './disk-protocol.js';
import { ExclusiveGate } from './exclusive-gate.js';
import { checkPieceSlots, checkRange, checkSlots, pieceSize } from './extent-map.js';
import { asideFlag, FileFlags } from './file-flags.js';
import { FileResumeStore } from './file-resume-store.js';
import { storageFailure } from './storage-failure.js';
import { syncTorrent } from './sync-torrent.js';
import { TorrentPlaces } from './torrent-places.js';

/** What a {@link FileTorrentStorage} tells its storage. */
export interface FileTorrentStorageOwner {
  /** Whether what is known of the data is kept, and the data locked. */
  readonly keepsState: boolean;
  closed(): void;
  warn(message: string): void;
}

/**
 * A torrent of a `FileStorage`: checks calls and hands them to the executor as jobs, which run beside each
 * other. What changes where files are runs alone. Touches the disk with the first call.
 */
export class FileTorrentStorage implements TorrentStorage {
  readonly #executor: DiskExecutor;
  readonly #places: TorrentPlaces;
  readonly #owner: FileTorrentStorageOwner;
  readonly #store: FileResumeStore | undefined;
  readonly resume: ResumeStore | undefined;
  /** Pieces that are written block by block. */
  readonly #inBlocks = new Set<number>();
  readonly #gate = new ExclusiveGate();
  #isLoading = false;
  #isLoaded: boolean;
  #loadFailure: StorageError | undefined;
  #lastSync: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** Ends a move where the torrent is closed. */
  #moving: AbortController | undefined;

  constructor(executor: DiskExecutor, torrent: DiskTorrent, owner: FileTorrentStorageOwner) {
    this.#executor = executor;
    this.#owner = owner;
    const { infoHash } = torrent.layout;
    this.#isLoaded = infoHash === undefined;
    this.#places = new TorrentPlaces(torrent, {
      stat: (files) => executor.run(this.#torrent, { kind: 'stat', files }, 0),
      onWarning: (message) => owner.warn(message),
      keepsState: owner.keepsState,
    });
    if (infoHash !== undefined && owner.keepsState) {
      this.#store = new FileResumeStore({
        executor,
        torrent: () => this.#torrent,
        infoHash,
        sync: () => this.#sync(),
      });
      this.resume = this.#gated(this.#store);
    }
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
    return this.#run(job, pieceSize(layout, piece));
  }

  async writeBlock(piece: number, begin: number, slot: SlotIndex, lengthBytes: number): Promise<void> {
    const { layout, slots: pool } = this.#open();
    checkRange(layout, piece, begin, lengthBytes);
    checkSlots([slot], lengthBytes, pool.slotLength);
    this.#inBlocks.add(piece);
    const job = { kind: 'writeBlock', piece, begin, slot, lengthBytes } as const;
    await this.#run(job, lengthBytes);
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
    await this.#run(job, lengthBytes);
  }

  async hashPiece(piece: number, expectedHash: Uint8Array): Promise<'ok' | 'hashFailed' | 'missing'> {
    const { layout } = this.#open();
    checkRange(layout, piece, 0, 0);
    const endsWrite = this.#inBlocks.has(piece);
    const job = { kind: 'hashPiece', piece, expectedHash: expectedHash.slice(), endsWrite } as const;
    const result = await this.#run(job, pieceSize(layout, piece));
    if (result === 'ok') this.#inBlocks.delete(piece);
    return result;
  }

  async stat(files?: readonly number[]): Promise<readonly FileStatus[]> {
    const { layout } = this.#open();
    for (const file of files ?? []) {
      if (layout.files[file] === undefined) {
        throw new StorageError('STORAGE_RANGE', `the torrent has no file ${file}`, '');
      }
    }
    const statuses = await this.#run({ kind: 'stat', files }, 0);
    return statuses.map((status, index) => {
      const path = this.#places.renamed(files?.[index] ?? index);
      return path === undefined ? status : { ...status, path };
    });
  }

  async sync(): Promise<void> {
    this.#open();
    await this.#beside(() => this.#sync());
  }

  async selectFiles(unwanted: readonly number[]): Promise<readonly number[]> {
    this.#open();
    // Who only looks at the data moves nothing of it.
    if (!this.#owner.keepsState) return [];
    const owned = [...unwanted];
    const filesAside = (): number[] => {
      const flags = new FileFlags(this.#torrent.flags);
      return [...this.#torrent.layout.files.keys()].filter((file) => flags.has(file, asideFlag));
    };
    return this.#alone(async () => {
      const before = filesAside();
      const { taken, restored, parts } = await this.#places.select(owned);
      this.#store?.restored(restored, parts);
      const after = new Set(filesAside());
      this.#store?.filled(before.filter((file) => !after.has(file)));
      return taken;
    });
  }

  async makeEmptyFiles(): Promise<void> {
    this.#open();
    // Who only looks at the data makes nothing of it.
    if (this.#owner.keepsState) await this.#run({ kind: 'makeEmptyFiles' }, 0);
  }

  async renameFile(file: number, path: readonly string[]): Promise<void> {
    this.#open();
    const owned = [...path];
    await this.#alone(() => this.#places.rename(file, owned));
  }

  async move(place: string): Promise<void> {
    this.#open();
    this.#moving ??= new AbortController();
    const { signal } = this.#moving;
    await this.#alone(async () => {
      await this.#places.move(place, signal);
      this.#store?.moved();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #torrent(): DiskTorrent {
    return this.#places.torrent;
  }

  #open(): DiskTorrent {
    if (this.#closing !== undefined) {
      throw new StorageError('STORAGE_CLOSED', "the torrent's storage is closed", '');
    }
    return this.#torrent;
  }

  #run<J extends DiskJob>(job: J, costBytes: number): Promise<DiskResults[J['kind']]> {
    return this.#beside(() => {
      if (job.kind === 'writePiece' || job.kind === 'writeBlock') this.#store?.willWrite(job.piece);
      return this.#executor.run(this.#torrent, job, costBytes);
    });
  }

  /** One after the other: a flush must not return while another still works on what it found clean. */
  #sync(): Promise<void> {
    const sync = this.#lastSync.then(() => syncTorrent(this.#torrent));
    this.#lastSync = sync.catch(() => undefined);
    return sync;
  }

  /** The store, whose work runs beside jobs. */
  #gated(store: FileResumeStore): ResumeStore {
    const beside = async <T>(work: () => Promise<T>): Promise<T> => {
      this.#open();
      return this.#beside(work);
    };
    return {
      lock: async () => {
        this.#open();
        // Before anything else is looked at.
        await this.#gate.shared(() => store.lock());
      },
      load: () => beside(() => store.load()),
      reset: () => beside(() => store.reset()),
      save: (state) => beside(() => store.save(state)),
      remove: () => beside(() => store.remove()),
    };
  }

  #beside<T>(work: () => Promise<T>): Promise<T> {
    this.#load();
    return this.#gate.shared(() => {
      if (!this.#isLoaded) return Promise.reject(this.#loadFailure);
      return work();
    });
  }

  /** Runs `work` with no job under way and no file open. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    this.#load();
    return this.#gate.exclusive(async () => {
      if (!this.#isLoaded) throw this.#loadFailure;
      await this.#executor.closeTorrent(this.#torrent);
      try {
        return await work();
      } catch (error) {
        throw storageFailure(error, 'work on', '');
      } finally {
        // Jobs of the work itself have shown the torrent as it was to threads.
        await this.#executor.closeTorrent(this.#torrent);
      }
    });
  }

  /** Before all else, and again for calls after it failed. */
  #load(): void {
    if (this.#isLoaded || this.#isLoading) return;
    this.#isLoading = true;
    void this.#gate.exclusive(async () => {
      try {
        await this.#places.load();
        this.#isLoaded = true;
      } catch (error) {
        this.#loadFailure = storageFailure(error, 'read', '');
      }
      this.#isLoading = false;
    });
  }

  async #close(): Promise<void> {
    this.#moving?.abort();
    await this.#gate.exclusive(() => this.#executor.closeTorrent(this.#torrent));
    await this.#store?.close();
    this.#owner.closed();
  }
}
