/**
 * How the process that had a torrent's data before this one left it: it closed the data; it ended without;
 * or the machine has been started anew since, so that what was not flushed may be lost.
 */
export type ResumeHandover = 'closed' | 'killed' | 'rebooted';

/** What a {@link ResumeStore} keeps. */
export interface ResumeRecords {
  /** `undefined` where there is none. */
  readonly snapshot: Uint8Array | undefined;
  /** In order of their numbers. */
  readonly journals: readonly ResumeJournal[];
}

/** One journal: records in the order in which they were appended. */
export interface ResumeJournal {
  /** Number of the journal; later ones have higher numbers. */
  readonly sequence: number;
  /** The records as they were appended. */
  readonly bytes: Uint8Array;
}

/**
 * Where a torrent's storage keeps what is known of the data from one session to the next: a snapshot that
 * is replaced as a whole, and numbered journals that grow with each write. Belongs to one opening of the
 * torrent; closing that releases it. All methods reject with `StorageError`.
 */
export interface ResumeStore {
  /**
   * Takes the torrent's data for this opening alone, until it is closed. Rejects with `STORAGE_LOCKED`
   * where somebody else has it. Before, nothing else may be called.
   */
  lock(): Promise<ResumeHandover>;
  /** Rejects with `STORAGE_TOO_LARGE` where more is there than could ever have been written. */
  read(): Promise<ResumeRecords>;
  /**
   * From here on the storage journals every piece that it writes, in the journal of this number: that it
   * begins, before any byte of it is written, and that it is done, with the size and time of the files
   * touched, when all of it is. Resolves once nothing is added to a journal of another number any more.
   */
  startJournal(sequence: number): Promise<void>;
  /** The records of one journal; none where it does not exist. */
  readJournal(sequence: number): Promise<Uint8Array>;
  /** Journals that these blocks (a bitfield) of a piece were written, by `writeBlock`, unverified. */
  noteBlocks(piece: number, blocks: Uint8Array): Promise<void>;
  /**
   * Makes this the snapshot, whatever happens meanwhile the old one or the new one, and then drops the
   * journals below `sequence`.
   */
  replace(snapshot: Uint8Array, sequence: number): Promise<void>;
  /** Ends journaling and forgets everything but the lock. */
  remove(): Promise<void>;
}
