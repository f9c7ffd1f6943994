import type { AlertHub } from '../alerts/alert-hub.js';
import type { PeerloomError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { Clock } from '../ports/clock.js';
import type { Resumed, ResumeState, ResumeStore } from '../ports/resume-store.js';
import { asStorageError } from './as-storage-error.js';

/** How often what is known of the data is kept while it changes. */
const saveIntervalMs = 60_000;
/** It is kept earlier where so much has changed: journals stay short. */
const maxChanges = 50_000;

/**
 * Keeps what is known of a torrent's data, where its storage can: at times, and when told. What fails is told by
 * alerts.
 */
export class TorrentResume {
  readonly #store: ResumeStore | undefined;
  readonly #infoHash: InfoHash;
  readonly #alerts: AlertHub;
  readonly #clock: Clock;
  readonly #state: () => ResumeState;
  readonly #changes: () => number;
  /** The store does one thing at a time. */
  #work: Promise<unknown> = Promise.resolve();
  #isLocked = false;
  #lockProblem: PeerloomError | undefined;
  /** What is had is known: it may be kept. */
  #isKeeping = false;
  /** The torrent is closed: nothing is begun any more. */
  #isEnded = false;
  #isSaveWaiting = false;
  #savedChanges = 0;
  #savedMs: number;

  constructor(options: {
    readonly store: ResumeStore | undefined;
    readonly infoHash: InfoHash;
    readonly alerts: AlertHub;
    readonly clock: Clock;
    readonly state: () => ResumeState;
    /** A count of what has been written. */
    readonly changes: () => number;
  }) {
    this.#store = options.store;
    this.#infoHash = options.infoHash;
    this.#alerts = options.alerts;
    this.#clock = options.clock;
    this.#state = options.state;
    this.#changes = options.changes;
    this.#savedMs = options.clock.now();
  }

  /** Whether what is kept follows what is had. */
  get isKeeping(): boolean {
    return this.#isKeeping;
  }

  /** Takes the data for this torrent alone. Rejects where it is somebody else's: with `STORAGE_LOCKED`. */
  lock(): Promise<void> {
    return this.#run(async (store) => {
      if (this.#isLocked) return;
      try {
        await store.lock();
        this.#isLocked = true;
      } catch (error) {
        const failure = asStorageError(error, 'keeping the state');
        if (failure.code === 'STORAGE_LOCKED') throw failure;
        this.#lockProblem = failure;
        this.#saveFailed(failure);
      }
    });
  }

  /** What is still true of what was kept; `undefined` where everything has to be checked. */
  load(): Promise<Resumed | undefined> {
    return this.#run(async (store) => {
      const infoHash = this.#infoHash;
      let resumed: Resumed | undefined;
      try {
        resumed = await store.load();
      } catch (error) {
        this.#alerts.post('resumeRejected', {
          infoHash,
          error: asStorageError(error, 'keeping the state'),
          fileCount: 0,
        });
        return undefined;
      }
      if (resumed === undefined) return undefined;
      const { trusted, toCheck, blocks, changed, changedFileCount: fileCount } = resumed;
      if (changed) this.#alerts.post('resumeRejected', { infoHash, error: changed, fileCount });
      let blocksKept = 0;
      for (const bits of blocks.values()) blocksKept += bits.count;
      const counts = { piecesTrusted: trusted.count, piecesToCheck: toCheck.length, blocksKept };
      this.#alerts.post('resumeLoaded', { infoHash, ...counts });
      return resumed;
    });
  }

  /** All is going to be hashed, whatever was kept. */
  reset(): Promise<void> {
    this.#isKeeping = false;
    return this.#attempt((store) => store.reset());
  }

  /**
   * What is had is known: it is kept from now on. Nothing may be written before this resolves.
   *
   * @param mustKeep Something is going to be written: where what is had can't be kept, rejects.
   */
  async checked(mustKeep: boolean): Promise<void> {
    if (this.#store === undefined) return;
    if (!this.#isLocked) {
      if (mustKeep && this.#lockProblem) throw this.#lockProblem;
      return;
    }
    this.#isKeeping = true;
    const failure = await this.#save();
    if (failure === undefined) return;
    this.#isKeeping = false;
    if (mustKeep) throw failure;
    // What was kept before may be wrong by now, and must not be added to.
    await this.#attempt((store) => store.remove());
  }

  /** Keeps what is had now. Resolves when done, or when it has failed. */
  async save(): Promise<void> {
    if (!this.#isKeeping || this.#isSaveWaiting) return;
    await this.#save();
  }

  /** About once a second. */
  tick(): void {
    const changes = this.#changes() - this.#savedChanges;
    if (!this.#isKeeping || changes === 0) return;
    if (changes < maxChanges && this.#clock.now() - this.#savedMs < saveIntervalMs) return;
    void this.save();
  }

  /**
   * Keeps what is had a last time, or forgets all that was kept; whatever is asked later does nothing. Resolves
   * when nothing is under way.
   */
  async end(forgets: boolean): Promise<void> {
    if (forgets) this.#forget();
    else void this.save();
    this.#isEnded = true;
    await this.#work;
  }

  #forget(): void {
    this.#isKeeping = false;
    this.lock().catch((error: unknown) => this.#saveFailed(asStorageError(error, 'keeping the state')));
    void this.#attempt((store) => store.remove());
  }

  /** What it failed by, where it did. */
  #save(): Promise<PeerloomError | undefined> {
    this.#isSaveWaiting = true;
    return this.#run(async (store) => {
      this.#isSaveWaiting = false;
      if (!this.#isKeeping) return undefined;
      this.#savedChanges = this.#changes();
      this.#savedMs = this.#clock.now();
      try {
        await store.save(this.#state);
      } catch (error) {
        const failure = asStorageError(error, 'keeping the state');
        this.#saveFailed(failure);
        return failure;
      }
      this.#alerts.post('resumeSaved', { infoHash: this.#infoHash });
      return undefined;
    });
  }

  async #attempt(work: (store: ResumeStore) => Promise<void>): Promise<void> {
    await this.#run(async (store) => {
      if (!this.#isLocked) return;
      try {
        await work(store);
      } catch (error) {
        this.#saveFailed(asStorageError(error, 'keeping the state'));
      }
    });
  }

  #saveFailed(error: PeerloomError): void {
    this.#alerts.post('resumeSaveFailed', { infoHash: this.#infoHash, error });
  }

  #run<T>(work: (store: ResumeStore) => Promise<T>): Promise<T | undefined> {
    const store = this.#store;
    if (store === undefined || this.#isEnded) return Promise.resolve(undefined);
    const done = this.#work.then(() => work(store));
    this.#work = done.catch(() => undefined);
    return done;
  }
}
