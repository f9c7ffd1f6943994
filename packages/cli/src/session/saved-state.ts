import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  asDict,
  asList,
  bytesEqual,
  decode,
  isPeerloomError,
  type LoadedSessionState,
  type Session,
  SessionStateFile,
  StorageError,
} from '@peerloom/core';
import type { Warn } from '../output/warning.js';

/** How often, and for how long at most, is tried while other commands save theirs: two seconds or so. */
const attemptPeriodMs = 20;
const maxAttempts = 100;

/** What a session knows that outlives it, bans above all, in a file that follows it. */
export class SavedState {
  readonly #file: SessionStateFile;
  readonly #warn: Warn;
  /** To be given to the session. */
  readonly state: Uint8Array | undefined;
  /** The session's state as it is in the file; `undefined` where nothing is, or nothing that could be used again. */
  #saved: Uint8Array | undefined;
  readonly #isDamaged: boolean;
  #session: Session | undefined;
  #isStale = false;
  #saving: Promise<void> | undefined;
  #hasWarned = false;

  private constructor(file: SessionStateFile, warn: Warn, { state, problem }: LoadedSessionState) {
    this.#file = file;
    this.#warn = warn;
    this.state = state;
    this.#isDamaged = problem !== undefined;
    this.#saved = this.#isDamaged ? undefined : state;
    if (problem === undefined) return;
    const used = state === undefined ? 'the session begins anew' : 'the state before that one is used';
    warn({ code: problem.code, message: `--state: ${problem.message}; ${used}` });
    // Where nothing can be read, it is no news that nothing can be written.
    this.#hasWarned = problem instanceof StorageError;
  }

  /** Reads what was saved in `folder`. Never rejects: what is damaged is told of and set aside. */
  static async load(folder: string, warn: Warn): Promise<SavedState> {
    const file = new SessionStateFile(join(folder, 'session'));
    return new SavedState(file, warn, await file.load());
  }

  /** From now on, saves the state of this session when bans change. */
  follow(session: Session): void {
    this.#session = session;
    for (const type of ['peerBanned', 'peerUnbanned'] as const) session.on(type, () => this.#changed());
  }

  /** Saves what has changed. To be called before the session stops; never rejects. */
  async close(): Promise<void> {
    this.#changed();
    await this.#saving;
  }

  #changed(): void {
    this.#isStale = true;
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
  }

  async #save(): Promise<void> {
    while (this.#isStale && this.#session !== undefined) {
      this.#isStale = false;
      const state = this.#session.saveState();
      if (!this.#isOnFile(state)) await this.#write(state);
    }
  }

  #isOnFile(state: Uint8Array): boolean {
    return this.#saved === undefined ? !this.#isDamaged && isEmpty(state) : bytesEqual(state, this.#saved);
  }

  /** Other commands may have the same file, and take turns. */
  async #merge(state: Uint8Array): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#file.merge(this.#saved, state);
      } catch (error) {
        const isBusy = isPeerloomError(error) && error.code === 'STORAGE_LOCKED';
        if (!isBusy || attempt === maxAttempts) throw error;
      }
      await setTimeout(attemptPeriodMs * (0.5 + Math.random()));
    }
  }

  async #write(state: Uint8Array): Promise<void> {
    try {
      await this.#merge(state);
      this.#saved = state;
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      if (!this.#hasWarned) this.#warn({ code: error.code, message: `--state: ${error.message}` });
      this.#hasWarned = true;
    }
  }
}

/** Whether there is nothing in a session's state: no bans, and nothing of extensions. */
function isEmpty(state: Uint8Array): boolean {
  const { bans, plugins } = asDict(decode(state)) ?? {};
  return asList(bans)?.length === 0 && Object.keys(asDict(plugins) ?? {}).length === 0;
}
