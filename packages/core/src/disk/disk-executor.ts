import { availableParallelism } from 'node:os';
import { StorageError } from '../common/errors.js';
import type { StorageLayout } from '../ports/storage.js';
import type { DiskLane, DiskTask } from './disk-lane.js';
import type { DiskJob, DiskResults, DiskTorrent } from './disk-protocol.js';
import { FileFlags } from './file-flags.js';
import type { FileSystem } from './file-system.js';
import { InlineLane } from './inline-lane.js';
import type { SlotMemory } from './io-vectors.js';
import type { JournalPlace } from './journal-writer.js';
import { type WorkerEnd, WorkerLane } from './worker-lane.js';

/** Files kept open by all threads of an executor together. */
const maxOpenFiles = 128;
/** A further thread is started when every one that runs has this much to do. */
const growBytes = 4 * 1024 * 1024;
/** While a thread is being started, the same: so much is more than it will have caught up with soon. */
const growWhileLoadingBytes = 8 * 1024 * 1024;
/** More threads than this wait for the medium, not for processors. */
const maxDefaultThreads = 4;
/** Piece numbers stay below this. */
const pieceSpan = 2 ** 32;

/** Options of a {@link DiskExecutor}. */
export interface DiskExecutorOptions {
  /**
   * Worker threads at most; 0 runs everything on the calling thread, in turns of its event loop. Threads
   * are started as the load asks for them. By default none on a single core, else one a core up to four.
   */
  readonly threads?: number | undefined;
  /** The worker's file; by default `disk-worker.js` beside the module that is running. */
  readonly workerUrl?: URL | undefined;
  /** Hears of what makes disk work slower than it should be: no worker could be loaded, one crashed. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** System calls of jobs that run on the calling thread; the machine's by default. */
  readonly fileSystem?: FileSystem | undefined;
}

function defaultThreads(): number {
  const cores = availableParallelism();
  return cores > 1 ? Math.min(cores, maxDefaultThreads) : 0;
}

/** `undefined` in a bundle of another module format, where a module has no URL. */
function defaultWorkerUrl(): URL | undefined {
  try {
    return new URL('./disk-worker.js', import.meta.url);
  } catch {
    return undefined;
  }
}

/** The lane that works on a piece, while it does. */
interface BusyPiece {
  lane: DiskLane;
  jobs: number;
}

/**
 * Spreads disk jobs of many torrents over threads, by least load. Jobs on one piece run in the order in
 * which they were submitted. Where workers cannot be loaded, jobs run on the calling thread; the jobs of a
 * worker that crashes fail with `STORAGE_WORKER`, and a fresh one takes its place.
 */
export class DiskExecutor {
  readonly #workerUrl: URL | undefined;
  readonly #onWarning: (message: string) => void;
  readonly #fileSystem: FileSystem | undefined;
  readonly #openFilesPerLane: number;
  #threads: number;
  #workers: WorkerLane[] = [];
  #inline: InlineLane | undefined;
  #nextTorrent = 0;
  readonly #busyPieces = new Map<number, BusyPiece>();
  #jobs = 0;
  readonly #whenIdle: (() => void)[] = [];
  #closed = false;

  constructor(options: DiskExecutorOptions) {
    this.#threads = options.threads ?? defaultThreads();
    this.#workerUrl = options.workerUrl ?? defaultWorkerUrl();
    this.#onWarning = options.onWarning ?? (() => undefined);
    this.#fileSystem = options.fileSystem;
    this.#openFilesPerLane = Math.max(1, Math.floor(maxOpenFiles / Math.max(1, this.#threads)));
  }

  /** Gives a torrent its number; no thread hears of it before its first job. */
  register(root: string, layout: StorageLayout, slots: SlotMemory): DiskTorrent {
    const flags = FileFlags.create(layout.files.length).memory;
    const partFlags = undefined;
    return { id: this.#nextTorrent++, root, layout, slots, flags, partFlags, journal: undefined };
  }

  /**
   * Runs a job; rejects with `StorageError`.
   *
   * @param costBytes Bytes the job goes through.
   */
  run<J extends DiskJob>(torrent: DiskTorrent, job: J, costBytes: number): Promise<DiskResults[J['kind']]> {
    if (this.#closed) return Promise.reject(new StorageError('STORAGE_CLOSED', 'the storage is closed', ''));
    this.#jobs++;
    const key = 'piece' in job ? torrent.id * pieceSpan + job.piece : -1;
    return new Promise((resolve, reject) => {
      this.#submit(key, {
        torrent,
        job,
        costBytes,
        resolve: (result) => {
          this.#settled(key);
          // A lane answers a job with the result of its kind.
          resolve(result as DiskResults[J['kind']]);
        },
        reject: (error) => {
          this.#settled(key);
          reject(error);
        },
      });
    });
  }

  /**
   * Closes the torrent's files, after the jobs that were submitted before. Jobs may follow, of a torrent of the
   * same number that has changed.
   */
  async closeTorrent(torrent: DiskTorrent): Promise<void> {
    await this.#inEachLane(torrent, { kind: 'close' });
  }

  /**
   * Jobs that are submitted from now on note what they write in this journal. Resolves when those submitted
   * before have ended, and with them all that goes to another one.
   */
  async setJournal(torrent: DiskTorrent, journal: JournalPlace | undefined): Promise<void> {
    torrent.journal = journal;
    await this.#inEachLane(torrent, { kind: 'journal', journal });
  }

  /** Does a job wherever something is kept for the torrent. */
  async #inEachLane(torrent: DiskTorrent, job: DiskJob): Promise<void> {
    const lanes: DiskLane[] = this.#inline === undefined ? this.#workers : [...this.#workers, this.#inline];
    const jobs = lanes
      .filter((lane) => lane.knows(torrent.id))
      .map(
        (lane) =>
          new Promise<void>((resolve) => {
            // A lane that fails to do it has ended, and what it kept with it.
            const done = (): void => resolve();
            lane.submit({ torrent, job, costBytes: 0, resolve: done, reject: done });
          }),
      );
    await Promise.all(jobs);
  }

  /** Waits for the jobs under way, then ends all threads. Later jobs reject with `STORAGE_CLOSED`. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#jobs > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all(workers.map((lane) => lane.end()));
  }

  #submit(key: number, task: DiskTask): void {
    const busy = key === -1 ? undefined : this.#busyPieces.get(key);
    const lane = busy?.lane ?? this.#pick();
    if (busy !== undefined) busy.jobs++;
    else if (key !== -1) this.#busyPieces.set(key, { lane, jobs: 1 });
    lane.submit(task);
  }

  #settled(key: number): void {
    const busy = this.#busyPieces.get(key);
    if (busy !== undefined && --busy.jobs === 0) this.#busyPieces.delete(key);
    if (--this.#jobs === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #pick(): DiskLane {
    let least: WorkerLane | undefined;
    let isLoading = false;
    const mayGrow = this.#workers.length < this.#threads;
    for (const lane of this.#workers) {
      if (least === undefined || lane.loadBytes < least.loadBytes) least = lane;
      // Whether workers can be loaded at all is found out with one.
      if (!lane.loaded) isLoading = true;
    }
    const enoughBytes = isLoading ? growWhileLoadingBytes : growBytes;
    if (least !== undefined && !(mayGrow && least.loadBytes >= enoughBytes)) return least;
    return (mayGrow ? this.#start() : undefined) ?? least ?? this.#inlineLane();
  }

  #start(): WorkerLane | undefined {
    try {
      if (this.#workerUrl === undefined) throw new Error('its place is not known');
      const settings = { maxOpenFiles: this.#openFilesPerLane };
      const lane = new WorkerLane(this.#workerUrl, settings, (gone, end) => this.#ended(gone, end));
      this.#workers.push(lane);
      return lane;
    } catch (error) {
      this.#threads = this.#workers.length;
      this.#warnOfFewerThreads(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #inlineLane(): InlineLane {
    this.#inline ??= new InlineLane(this.#openFilesPerLane, this.#fileSystem);
    return this.#inline;
  }

  #warnOfFewerThreads(reason: string): void {
    const instead = this.#threads === 0 ? 'on the main thread' : `in ${this.#threads} thread(s)`;
    this.#onWarning(`a disk worker cannot be started (${reason}): files are read and hashed ${instead}`);
  }

  #ended(gone: WorkerLane, { loaded, tasks, reason }: WorkerEnd): void {
    if (!this.#workers.includes(gone)) return;
    this.#workers = this.#workers.filter((lane) => lane !== gone);
    if (loaded) {
      this.#onWarning(`a disk worker crashed: ${reason}`);
      for (const task of tasks) {
        task.reject(new StorageError('STORAGE_WORKER', `the disk worker crashed: ${reason}`, ''));
      }
      return;
    }
    this.#threads = this.#workers.length;
    const lane = this.#pick();
    for (const busy of this.#busyPieces.values()) if (busy.lane === gone) busy.lane = lane;
    for (const task of tasks) lane.submit(task);
    this.#warnOfFewerThreads(reason);
  }
}
