import { dirname } from 'node:path';
import { isPeerloomError, type PeerloomError, SessionError, StorageError } from '../common/errors.js';
import { readFileBounded, writeFileAtomic } from '../disk/atomic-file.js';
import { nodeFileSystem } from '../disk/file-system.js';
import { sealBytes, unsealBytes } from '../disk/sealed-bytes.js';
import { StateLock } from '../disk/state-lock.js';
import { storageFailure } from '../disk/storage-failure.js';
import { mergeSessionState } from './merge-session-state.js';
import { decodeSessionState } from './session-state.js';

const fileKind = 'session state 1';
const maxStateBytes = 64 * 1024 * 1024;

/** What {@link SessionStateFile.load} found. */
export interface LoadedSessionState {
  /** To give to a session as `state`; `undefined` where there is none, or none that can be used. */
  readonly state: Uint8Array | undefined;
  /**
   * Why the last state is not the one that is used: `SESSION_STATE` where it is damaged or of another
   * version, `STORAGE_…` where it can't be read.
   */
  readonly problem: PeerloomError | undefined;
}

/**
 * The file in which an application keeps a session's state (`Session.saveState`) from one session to the
 * next. It is replaced as a whole, so that no crash damages it, and checked when it is read. The state
 * saved before the last one is kept beside it (`<path>.previous`) and used where the last one is damaged;
 * what was damaged is kept, too (`<path>.damaged`).
 */
export class SessionStateFile {
  /** Path of the file. */
  readonly path: string;
  #lastSave: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** Reads the state that was saved last. Never rejects: what is wrong is in `problem`. */
  async load(): Promise<LoadedSessionState> {
    let sealed: Uint8Array;
    try {
      sealed = await readFileBounded(this.path, maxStateBytes);
    } catch (error) {
      const problem = storageFailure(error, 'read', this.path);
      return { state: undefined, problem: isNotFound(problem) ? undefined : problem };
    }
    try {
      return { state: this.#open(sealed), problem: undefined };
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      return { state: await this.#salvage(sealed), problem: error };
    }
  }

  /**
   * Makes `state` what is loaded next time; the folder is made where it does not exist. Saves that overlap
   * are done in the order of the calls. Rejects with `SESSION_STATE` where `state` is none, and with
   * `STORAGE_…`; what was saved before is then kept.
   */
  save(state: Uint8Array): Promise<void> {
    const save = this.#lastSave.then(() => this.#save(state));
    this.#lastSave = save.catch(() => undefined);
    return save;
  }

  /**
   * Makes what has changed in a session's state, from `before` to `now`, part of what is loaded next time. What
   * other sessions, of other processes too, have saved in the file meanwhile stays. One does it at a time: rejects
   * with `STORAGE_LOCKED` while another is at it, and otherwise as {@link SessionStateFile.save}.
   */
  merge(before: Uint8Array | undefined, now: Uint8Array): Promise<void> {
    const merge = this.#lastSave.then(() => this.#merge(before, now));
    this.#lastSave = merge.catch(() => undefined);
    return merge;
  }

  async #merge(before: Uint8Array | undefined, now: Uint8Array): Promise<void> {
    const lock = await StateLock.acquire(dirname(this.path));
    try {
      const { state } = await this.load();
      await this.#save(mergeSessionState({ before, now, kept: state }));
    } finally {
      await lock.release();
    }
  }

  async #save(state: Uint8Array): Promise<void> {
    decodeSessionState(state);
    try {
      nodeFileSystem.mkdir(dirname(this.path));
    } catch (error) {
      throw storageFailure(error, 'create', dirname(this.path));
    }
    await this.#keepPrevious();
    await writeFileAtomic(this.path, sealBytes(fileKind, state));
  }

  /** What is there now becomes the previous state, unless it is worse than the one that is. */
  async #keepPrevious(): Promise<void> {
    try {
      const sealed = await readFileBounded(this.path, maxStateBytes);
      this.#open(sealed);
      await writeFileAtomic(this.#previousPath, sealed);
    } catch (error) {
      const isExpected = error instanceof SessionError || isNotFound(error) || isTooLarge(error);
      if (!isExpected) throw error;
    }
  }

  /** Keeps what is damaged; the previous state, where that one is whole. */
  async #salvage(damaged: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      await writeFileAtomic(`${this.path}.damaged`, damaged);
    } catch {
      // Where nothing may be written the damaged file is not going to be replaced either.
    }
    try {
      return this.#open(await readFileBounded(this.#previousPath, maxStateBytes));
    } catch {
      return undefined;
    }
  }

  get #previousPath(): string {
    return `${this.path}.previous`;
  }

  #open(sealed: Uint8Array): Uint8Array {
    const state = unsealBytes(fileKind, sealed);
    if (state === undefined) {
      throw new SessionError('SESSION_STATE', `the session state in '${this.path}' is damaged`);
    }
    decodeSessionState(state);
    return state.slice();
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof StorageError && error.code === 'STORAGE_NOT_FOUND';
}

function isTooLarge(error: unknown): boolean {
  return error instanceof StorageError && error.code === 'STORAGE_TOO_LARGE';
}
