import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { blockLength } from '../common/block.js';
import { bytesEqual } from '../common/bytes.js';
import { StorageError } from '../common/errors.js';
import type { Resumed, ResumeState, ResumeStore } from '../ports/resume-store.js';
import type { FileStatus } from '../ports/storage.js';
import { readFileBounded, writeFileAtomic } from './atomic-file.js';
import type { DiskExecutor } from './disk-executor.js';
import type { DiskTorrent } from './disk-protocol.js';
import { ExtentMap, pieceSize } from './extent-map.js';
import { metadataFileName } from './file-metadata-store.js';
import { nodeFileSystem } from './file-system.js';
import { type JournalRecord, journalSeed, parseJournal } from './journal-record.js';
import { journalPath, markOf } from './journal-writer.js';
import { type ProcessTable, systemProcesses } from './process-identity.js';
import {
  encodeSnapshotBody,
  maxSnapshotBytes,
  openSnapshot,
  type ResumeSnapshot,
  sealSnapshot,
} from './resume-snapshot.js';
import { judgeResume } from './resume-verdict.js';
import { stateFolder } from './state-folder.js';
import { StateLock } from './state-lock.js';
import { errnoOf, storageFailure } from './storage-failure.js';

/** Far more than journals hold between two snapshots. */
const maxJournalBytes = 64 * 1024 * 1024;
const maxJournals = 64;
const journalName = /^journal\.([1-9]\d{0,14})$/;
const leftover = /^\.(?:resume|lock|info)\..*\.tmp$/;

/**
 * Keeps what is known of a torrent's data in its state folder: a snapshot that is replaced as a whole, and
 * journals that disk threads append to as they write. Files are known by size and time, as they were when
 * they were looked at, checked or last written by us: what others change afterwards is noticed.
 */
export class FileResumeStore implements ResumeStore {
  readonly #executor: DiskExecutor;
  readonly #torrentNow: () => DiskTorrent;
  readonly #infoHash: string;
  readonly #sync: () => Promise<void>;
  readonly #processes: ProcessTable;
  readonly #map: ExtentMap;
  #lock: StateLock | undefined;
  /** Number of the newest journal there is, or may be. */
  #sequence = 0;
  #isClosed = false;
  #statuses: FileStatus[] = [];
  /** Pieces written since their files were looked at. */
  #written = new Set<number>();
  /** Files that have changed otherwise. */
  #filled = new Set<number>();
  /** Pieces that were in files which were put in their place before what was kept is looked at, by file. */
  readonly #restored = new Map<number, ReadonlySet<number>>();
  /** The snapshot on the medium, where no journal adds to it. */
  #kept: Uint8Array | 'nothing' | 'unknown' = 'unknown';

  constructor(options: {
    readonly executor: DiskExecutor;
    /** The torrent, which may move. */
    readonly torrent: () => DiskTorrent;
    readonly infoHash: string;
    readonly sync: () => Promise<void>;
    readonly processes?: ProcessTable;
  }) {
    this.#executor = options.executor;
    this.#torrentNow = options.torrent;
    this.#infoHash = options.infoHash;
    this.#sync = options.sync;
    this.#processes = options.processes ?? systemProcesses;
    this.#map = new ExtentMap(options.torrent().layout);
  }

  async lock(): Promise<void> {
    if (this.#lock) return;
    const lock = await StateLock.acquire(this.#folder, this.#processes);
    if (this.#isClosed) {
      await lock.release();
      throw new StorageError('STORAGE_CLOSED', "the torrent's storage is closed", '');
    }
    this.#lock = lock;
  }

  async load(): Promise<Resumed | undefined> {
    this.#statuses = await this.#stat(undefined);
    this.#kept = 'unknown';
    const sequences = await this.#tidy();
    this.#sequence = Math.max(this.#sequence, ...sequences);
    const snapshot = await this.#readSnapshot();
    const first = snapshot?.sequence ?? 0;
    this.#sequence = Math.max(this.#sequence, first);
    const journals = sequences.filter((sequence) => sequence >= first);
    if (snapshot === undefined && journals.length === 0) {
      this.#kept = 'nothing';
      return undefined;
    }
    const { records, isSameBoot } = await this.#readJournals(journals);
    if (snapshot && journals.length === 0) this.#kept = encodeSnapshotBody(snapshot);
    const { layout } = this.#torrent;
    const verdict = judgeResume({
      layout,
      map: this.#map,
      snapshot,
      records,
      isSameBoot,
      statuses: this.#statuses,
      restored: this.#restored,
    });
    // What follows from it is known once: later they are files like others.
    this.#restored.clear();
    const { changedFiles, ...resumed } = verdict;
    return { ...resumed, changed: this.#changed(changedFiles), changedFileCount: changedFiles.length };
  }

  async reset(): Promise<void> {
    await this.#forget();
    this.#written.clear();
    this.#filled.clear();
    this.#statuses = await this.#stat(undefined);
  }

  async save(state: () => ResumeState): Promise<void> {
    const [written, filled] = [this.#written, this.#filled];
    this.#written = new Set();
    this.#filled = new Set();
    // What is written from here on is in the new journal, and in the new set.
    this.#sequence++;
    const sequence = this.#sequence;
    try {
      await this.#executor.setJournal(this.#torrent, {
        sequence,
        bootId: this.#processes.self.bootId ?? '',
      });
      // A turn of the event loop at least: whoever waits for writes that have settled hears of them before.
      await this.#lookAgain(written, filled);
      const now = state();
      const body = this.#encode(now);
      await this.#sync();
      // Journals that are there may say otherwise: they are dropped in any case.
      if (!this.#isKept(now, body)) {
        const sealed = sealSnapshot(this.#infoHash, sequence, body);
        nodeFileSystem.mkdir(this.#folder);
        await writeFileAtomic(this.#snapshotPath, sealed);
        this.#kept = body;
      }
    } catch (error) {
      for (const piece of written) this.#written.add(piece);
      this.filled([...filled]);
      throw error;
    }
    await this.#dropJournals((found) => found < sequence);
  }

  async remove(): Promise<void> {
    await this.#forget();
    // It has moved along.
    await unlinkIfThere(join(this.#folder, metadataFileName));
  }

  /** The piece, or a part of it, is about to be written. */
  willWrite(piece: number): void {
    this.#written.add(piece);
  }

  /** Files got their bytes from elsewhere than from writes. */
  filled(files: readonly number[]): void {
    for (const file of files) this.#filled.add(file);
  }

  /** These files were made of what the parts of these pieces had of them. */
  restored(files: readonly number[], pieces: readonly number[]): void {
    const had = new Set(pieces);
    for (const file of files) this.#restored.set(file, had);
  }

  /** The torrent has moved, with all that is kept of it. */
  moved(): void {
    this.#lock?.moved(this.#folder);
    this.filled([...this.#torrent.layout.files.keys()]);
  }

  /** Gives the data free, once nothing works on it any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #forget(): Promise<void> {
    this.#kept = 'unknown';
    await this.#executor.setJournal(this.#torrent, undefined);
    await this.#dropJournals(() => true);
    await unlinkIfThere(this.#snapshotPath);
    this.#kept = 'nothing';
  }

  /** Whether the medium says so already, or nothing where there is nothing to say. */
  #isKept({ have, blocks }: ResumeState, body: Uint8Array): boolean {
    if (this.#kept === 'unknown') return false;
    return this.#kept === 'nothing' ? have.isEmpty && blocks.size === 0 : bytesEqual(body, this.#kept);
  }

  /** Numbers of the journals there are, in order; takes away what a process left half done. */
  async #tidy(): Promise<number[]> {
    const sequences: number[] = [];
    for (const name of await this.#names()) {
      const sequence = journalName.exec(name)?.[1];
      if (sequence !== undefined) sequences.push(Number(sequence));
      if (this.#lock && leftover.test(name)) await unlinkIfThere(join(this.#folder, name));
    }
    return sequences.sort((a, b) => a - b);
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw storageFailure(error, 'read', this.#folder);
    }
  }

  async #dropJournals(isOver: (sequence: number) => boolean): Promise<void> {
    for (const sequence of await this.#tidy()) {
      if (isOver(sequence)) await unlinkIfThere(this.#journalPath(sequence));
    }
  }

  async #readSnapshot(): Promise<ResumeSnapshot | undefined> {
    const { layout } = this.#torrent;
    const sealed = await this.#read(this.#snapshotPath, maxSnapshotBytes(layout, blockLength));
    if (sealed === undefined) return undefined;
    const snapshot = openSnapshot(this.#infoHash, layout, blockLength, sealed);
    if (snapshot === undefined) throw this.#damaged('the snapshot is damaged');
    return snapshot;
  }

  async #readJournals(
    sequences: readonly number[],
  ): Promise<{ readonly records: readonly JournalRecord[]; readonly isSameBoot: boolean }> {
    if (sequences.length > maxJournals) throw this.#damaged(`there are ${sequences.length} journals`);
    const { bootId = '' } = this.#processes.self;
    const records: JournalRecord[] = [];
    let isSameBoot = true;
    let left = maxJournalBytes;
    for (const sequence of sequences) {
      const bytes = (await this.#read(this.#journalPath(sequence), left)) ?? new Uint8Array();
      left -= bytes.length;
      const parsed = parseJournal(bytes, journalSeed(this.#infoHash, sequence));
      if (parsed.isDamaged) throw this.#damaged(`journal ${sequence} is damaged`);
      const boots = parsed.records.flatMap((record) => (record.kind === 'opened' ? [record.bootId] : []));
      // Whoever adds to a journal says first since when the machine runs.
      const isOfThisBoot = boots.length > 0 && bootId !== '' && boots.every((boot) => boot === bootId);
      if (parsed.records.length > 0 && !isOfThisBoot) isSameBoot = false;
      for (const record of parsed.records) records.push(record);
    }
    return { records, isSameBoot };
  }

  /** `undefined` where there is no such file. */
  async #read(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    try {
      return await readFileBounded(path, maxBytes);
    } catch (error) {
      if (error instanceof StorageError && error.code === 'STORAGE_NOT_FOUND') return undefined;
      throw this.#damaged(error instanceof Error ? error.message : String(error), error);
    }
  }

  #damaged(reason: string, cause?: unknown): StorageError {
    const message = `what was kept of the torrent can't be used: ${reason}`;
    return new StorageError('STORAGE_RESUME_DAMAGED', message, this.#folder, { cause });
  }

  #changed([first, ...others]: readonly number[]): StorageError | undefined {
    if (first === undefined) return undefined;
    const path = this.#torrent.layout.files[first]?.path.join('/') ?? '';
    const more = others.length === 0 ? '' : `, as were ${others.length} more`;
    return new StorageError('STORAGE_CHANGED', `'${path}' was changed by somebody else${more}`, path);
  }

  async #stat(files: readonly number[] | undefined): Promise<FileStatus[]> {
    return [...(await this.#executor.run(this.#torrent, { kind: 'stat', files }, 0))];
  }

  /** Looks at the files of pieces that were written, and at these. */
  async #lookAgain(pieces: ReadonlySet<number>, others: ReadonlySet<number>): Promise<void> {
    const { layout } = this.#torrent;
    const files = new Set(others);
    for (const piece of pieces) {
      for (const { file } of this.#map.extents(piece, 0, pieceSize(layout, piece))) files.add(file);
    }
    const indices = [...files];
    const statuses = await this.#stat(indices);
    for (const [at, file] of indices.entries()) {
      const status = statuses[at];
      if (status) this.#statuses[file] = status;
    }
  }

  #encode(state: ResumeState): Uint8Array {
    // An empty file says nothing of any piece.
    const files = this.#torrent.layout.files.map(({ lengthBytes }, file) =>
      markOf(file, lengthBytes === 0 ? undefined : this.#statuses[file]),
    );
    return encodeSnapshotBody({ ...state, files });
  }

  get #torrent(): DiskTorrent {
    return this.#torrentNow();
  }

  get #folder(): string {
    return stateFolder(this.#torrent.root, this.#infoHash);
  }

  get #snapshotPath(): string {
    return join(this.#folder, 'resume');
  }

  #journalPath(sequence: number): string {
    return journalPath(this.#torrent.root, this.#infoHash, sequence);
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storageFailure(error, 'remove', path);
  }
}
