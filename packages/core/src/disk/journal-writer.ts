import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileStatus } from '../ports/storage.js';
import type { FileSystem } from './file-system.js';
import { type FileMark, JournalEncoder, journalSeed } from './journal-record.js';
import type { PieceJournal } from './piece-io.js';
import { stateFolder } from './state-folder.js';
import { storageFailure } from './storage-failure.js';

/** The file of a torrent's journal of this number. */
export function journalPath(root: string, infoHash: string, sequence: number): string {
  return join(stateFolder(root, infoHash), `journal.${sequence}`);
}

/** The journal that the writes of a torrent go to. */
export interface JournalPlace {
  readonly sequence: number;
  readonly bootId: string;
}

const openToAppend =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
/** That a piece is done may wait this long for company. */
const maxPendingBytes = 64 * 1024;

/**
 * Appends to a torrent's journal, as one thread of several: every call of the system adds whole records
 * at the end. What began is there before the call returns; what is done comes with the next that begins, or
 * with {@link JournalWriter.flush}. Nothing is flushed to the medium: this is about the end of processes.
 */
export class JournalWriter implements PieceJournal {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #bootId: string;
  readonly #encoder: JournalEncoder;
  /** Pieces that this thread writes block by block, begun and not ended. */
  readonly #begun = new Set<number>();
  #fd: number | undefined;
  #isOpened = false;

  constructor(fileSystem: FileSystem, root: string, infoHash: string, { sequence, bootId }: JournalPlace) {
    this.#fileSystem = fileSystem;
    this.#path = journalPath(root, infoHash, sequence);
    this.#bootId = bootId;
    this.#encoder = new JournalEncoder(journalSeed(infoHash, sequence));
  }

  get hasPending(): boolean {
    return this.#encoder.pending.length > 0;
  }

  begin(piece: number): void {
    this.#open();
    this.#encoder.addBegin(piece);
    try {
      this.#append();
    } catch (error) {
      throw storageFailure(error, 'write', this.#path);
    }
  }

  beginOnce(piece: number): void {
    if (this.#begun.has(piece)) return;
    this.begin(piece);
    this.#begun.add(piece);
  }

  end(
    kind: 'done' | 'failed',
    piece: number,
    files: readonly number[],
    statuses: readonly FileStatus[],
  ): void {
    this.#begun.delete(piece);
    this.#open();
    const marks = files.map((file, index) => markOf(file, statuses[index]));
    this.#encoder.addEnd(kind, piece, marks);
    if (this.#encoder.pending.length > maxPendingBytes) this.flush();
  }

  /**
   * Writes what waits. Where that fails it goes on waiting: without it a piece is checked again, no more.
   */
  flush(): void {
    try {
      this.#append();
    } catch {
      // The next piece that begins says so.
    }
  }

  close(): void {
    this.flush();
    if (this.#fd === undefined) return;
    try {
      this.#fileSystem.close(this.#fd);
    } catch {
      // The descriptor is gone either way.
    }
    this.#fd = undefined;
  }

  #append(): void {
    if (!this.hasPending) return;
    const fd = this.#fd ?? this.#openFile();
    while (this.#encoder.pending.length > 0) {
      const written = this.#fileSystem.append(fd, this.#encoder.pending);
      if (written === 0) throw new Error('nothing was written');
      this.#encoder.taken(written);
    }
  }

  #open(): void {
    if (this.#isOpened) return;
    this.#isOpened = true;
    this.#encoder.addOpened(this.#bootId);
  }

  #openFile(): number {
    this.#fileSystem.mkdir(dirname(this.#path));
    const fd = this.#fileSystem.open(this.#path, openToAppend);
    this.#fd = fd;
    return fd;
  }
}

/** Size and time of a file as a journal has them. */
export function markOf(file: number, status: FileStatus | undefined): FileMark {
  const { lengthBytes = Number.NaN, modifiedMs = Number.NaN } = status ?? {};
  return { file, lengthBytes, modifiedMs };
}
