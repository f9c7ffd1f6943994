import type { Bitfield, ReadonlyBitfield } from '../common/bitfield.js';
import type { StorageError } from '../common/errors.js';

/** What is on the medium of a torrent, to be kept until it is opened again. */
export interface ResumeState {
  /** Pieces that are there and have been verified, or written and never changed since. */
  readonly have: ReadonlyBitfield;
  /** Blocks that are there, unverified, of pieces that are not, by piece. */
  readonly blocks: ReadonlyMap<number, ReadonlyBitfield>;
}

/** What is still true of what was kept. */
export interface Resumed {
  /** Pieces that need no check. */
  readonly trusted: Bitfield;
  /** Pieces that may be there or not: their write was begun and not ended, or their files were changed. */
  readonly toCheck: readonly number[];
  /** Blocks that are there, unverified, of pieces that are not trusted. */
  readonly blocks: ReadonlyMap<number, ReadonlyBitfield>;
  /** A file that somebody else has changed, as the error that says so; the first of `changedFileCount`. */
  readonly changed: StorageError | undefined;
  /** How many files that is true of. */
  readonly changedFileCount: number;
}

/**
 * Where a torrent's storage keeps what is known of the data from one opening to the next. Belongs to one
 * opening of the torrent, whose `close` ends it. The engine calls one method at a time; `StorageError` is
 * what they reject with. Where a storage has none, the engine hashes all that is there at each opening.
 *
 * The storage, not the engine, sees every write. From `save` on it has to note, durably against the end of
 * the process, that a piece is about to be written, before the first byte is, and that all of it is,
 * afterwards; and it has to notice by itself what others changed. `load` trusts a piece only where that leaves no doubt.
 */
export interface ResumeStore {
  /**
   * Takes the torrent's data for this opening alone. Rejects with `STORAGE_LOCKED` where another opening,
   * in this process or another one, has it. Where it rejects with something else, nothing can be kept: the data
   * may be read, {@link ResumeStore.load} may be called, the other methods may not. Called again it tries again.
   */
  lock(): Promise<void>;
  /**
   * What was kept, compared with what is there; `undefined` where nothing was. Rejects with
   * `STORAGE_RESUME_DAMAGED` where it can't be believed, as a whole. Called before anything is written.
   */
  load(): Promise<Resumed | undefined>;
  /**
   * Everything that was kept is forgotten, because all is going to be hashed: what is there now is what
   * the next `save` is about. Until then writes are not noted.
   */
  reset(): Promise<void>;
  /**
   * Flushes the data and keeps the state, in place of what was kept before: either the old or the new one
   * is there at any time. Calls `state` once, when it must hold every piece whose write had settled before
   * the call of `save`. Writes go on meanwhile and are noted from the call on. Where it rejects, what was
   * kept before is still there, and is added to.
   */
  save(state: () => ResumeState): Promise<void>;
  /**
   * Forgets everything, and notes no further write; metadata that a {@link MetadataStore} of the storage has kept
   * goes as well, where it has moved with the torrent.
   */
  remove(): Promise<void>;
}
