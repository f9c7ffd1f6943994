import type { AlertHub } from '../alerts/alert-hub.js';
import type { PeerloomError } from '../common/errors.js';
import { hashPieces } from '../disk/hash-pieces.js';
import { storageFailure } from '../disk/storage-failure.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import { PiecePicker } from '../picker/piece-picker.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { Resumed } from '../ports/resume-store.js';
import type { SlotPool } from '../ports/slots.js';
import type { FileStatus, Storage, StorageFile, StorageLayout, TorrentStorage } from '../ports/storage.js';
import { Doubts, isOnMedium } from './doubts.js';
import {
  type FileCheck,
  findForeign,
  findOversized,
  findProblem,
  findWriteProblem,
  type OversizedFile,
} from './file-check.js';
import type { FileProgress } from './file-progress.js';
import { PieceDownloads, type PieceDownloadsOwner } from './piece-downloads.js';
import { TorrentResume } from './torrent-resume.js';

/** What {@link TorrentContent.look} found. */
export interface LookedAt {
  /** Of every file, in order of the layout. */
  readonly statuses: readonly FileStatus[];
  readonly oversized: readonly OversizedFile[];
}

/** What a torrent has once its metadata is known: picker, storage, and the way between them. */
export class TorrentContent {
  readonly info: TorrentInfo;
  readonly picker: PiecePicker;
  readonly files: FileProgress;
  readonly storage: TorrentStorage;
  readonly downloads: PieceDownloads;
  readonly resume: TorrentResume;
  readonly #check = new AbortController();
  readonly #isWanted = (file: number): boolean => this.files.priority(file) > 0;
  readonly #hasPiece = (piece: number): boolean => this.picker.has(piece);
  /** Paths of files that have been renamed. */
  readonly #renamed = new Map<number, readonly string[]>();
  /** The files that the storage was told are not wanted. */
  #unwanted: ReadonlySet<number> | undefined;
  /** What is on the medium was found to be the torrent's, or written since. */
  #isOurs = false;

  private constructor(
    info: TorrentInfo,
    picker: PiecePicker,
    files: FileProgress,
    storage: TorrentStorage,
    downloads: PieceDownloads,
    environment: { readonly alerts: AlertHub; readonly clock: Clock },
  ) {
    this.info = info;
    this.picker = picker;
    this.files = files;
    this.storage = storage;
    this.downloads = downloads;
    this.resume = new TorrentResume({
      ...environment,
      store: storage.resume,
      infoHash: info.infoHash,
      state: () => ({ have: picker.have, blocks: downloads.storedBlocks() }),
      changes: () => downloads.changes,
    });
  }

  /** Opens the data. Rejects with `StorageError`. */
  static async open(options: {
    readonly info: TorrentInfo;
    readonly picker: PiecePicker;
    readonly files: FileProgress;
    readonly storage: Storage;
    readonly slots: SlotPool;
    readonly clock: Clock;
    readonly alerts: AlertHub;
    readonly owner: PieceDownloadsOwner;
  }): Promise<TorrentContent> {
    const { info, picker, files, slots, clock, alerts, owner } = options;
    const storage = await options.storage.open(storageLayout(info), slots);
    const downloads = new PieceDownloads({ owner, info, picker, storage, slots, clock });
    return new TorrentContent(info, picker, files, storage, downloads, { alerts, clock });
  }

  /** Whether the file is wanted, and the storage was told that it is not. */
  isNewlyWanted(file: number): boolean {
    return this.#isWanted(file) && this.#unwanted?.has(file) === true;
  }

  /**
   * Tells the storage which files are wanted, as long as that changes. Resolves with the files in whose place it
   * found something else, which is to be looked at. Rejects with `StorageError`.
   */
  async select(): Promise<readonly number[]> {
    const found: number[] = [];
    for (let unwanted = this.#untold(); unwanted; unwanted = this.#untold()) {
      this.#unwanted = new Set(unwanted);
      try {
        found.push(...((await this.storage.selectFiles?.(unwanted)) ?? []));
      } catch (error) {
        // It is to be told again.
        this.#unwanted = undefined;
        throw storageFailure(error, 'select files', '');
      }
    }
    return found;
  }

  /** The files that are not wanted, where the storage does not know. */
  #untold(): number[] | undefined {
    const unwanted: number[] = [];
    for (const [file, { isPad }] of this.info.layout.files.entries()) {
      if (!isPad && !this.#isWanted(file)) unwanted.push(file);
    }
    const told = this.#unwanted;
    const isTold = told?.size === unwanted.length && unwanted.every((file) => told.has(file));
    return isTold ? undefined : unwanted;
  }

  /** Hashes what is in these files, after the check. Rejects with `StorageError`, as {@link TorrentContent.check}. */
  async checkFiles(files: readonly number[]): Promise<void> {
    if (files.length === 0) return;
    const { layout } = this.info;
    const statuses = await this.storage.stat();
    const pieces = new Set<number>();
    for (const file of files) {
      const range = layout.piecesOfFile(file);
      for (let piece = range?.first ?? 0; range && piece <= range.last; piece++) {
        if (this.picker.has(piece) || isOnMedium(layout, statuses, piece)) pieces.add(piece);
      }
    }
    await this.#hash([...pieces]);
    await this.resume.save();
    const isWanted = (file: number): boolean => files.includes(file);
    const problem = findProblem({ layout, statuses, isWanted });
    const foreign = problem ?? findForeign({ layout, statuses, isWanted }, this.#hasPiece);
    if (foreign) throw foreign;
  }

  /** Path of a file, joined by `/`: what the torrent says, or what it was renamed to. */
  pathOf(file: number): string {
    return (this.#renamed.get(file) ?? this.info.layout.files[file]?.path ?? []).join('/');
  }

  /** A file has another path. */
  renamed(file: number, path: readonly string[]): void {
    this.#renamed.set(file, path);
  }

  /** Takes all pieces to be there. */
  assumeComplete(): void {
    for (let piece = 0; piece < this.info.layout.pieceCount; piece++) this.#had(piece);
  }

  /**
   * Looks at the files before anything of them is used. Rejects with the `StorageError` of the first wanted
   * one that can't be.
   */
  async look(): Promise<LookedAt> {
    const statuses = await this.storage.stat();
    for (const [file, { path }] of statuses.entries()) if (path) this.#renamed.set(file, path);
    const check = this.#fileCheck(statuses);
    const problem = findProblem(check);
    if (problem) throw problem;
    return { statuses, oversized: findOversized(check) };
  }

  /**
   * Hashes what is on the medium, but for what is trusted, and sets what is had by it. Rejects with `StorageError`,
   * also where what is missing could not be written, or only over a file that is not the torrent's, or where what
   * is had can't be kept though the storage does keep it.
   */
  async check(
    statuses: readonly FileStatus[],
    resumed: Resumed | undefined,
    onProgress?: (checkedBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    const { layout } = this.info;
    const pieces: number[] = [];
    const mustCheck = resumed && piecesToCheck(resumed);
    for (let piece = 0; piece < layout.pieceCount; piece++) {
      const isThere = isOnMedium(layout, statuses, piece);
      if (isThere && resumed?.trusted.has(piece)) this.#had(piece);
      else if (this.picker.has(piece)) this.#lost(piece);
      if (isThere && (mustCheck === undefined || mustCheck.has(piece))) pieces.push(piece);
    }
    await this.#hash(pieces, onProgress);
    for (const [piece, blocks] of resumed?.blocks ?? []) {
      if (!blocks.isFull) this.downloads.restore(piece, blocks);
    }
    // What nobody has changed since it was ours still is.
    if (resumed && resumed.changed === undefined) this.#isOurs = true;
    const problem = findProblem({ layout, statuses, isWanted: (file) => this.#isSharing(file) });
    if (problem) throw problem;
    const isWanted = (file: number): boolean => this.#isWanted(file) || this.#reachesInto(file, statuses);
    const foreign = this.#isOurs ? undefined : findForeign({ layout, statuses, isWanted }, this.#hasPiece);
    if (foreign) throw foreign;
    this.#isOurs = true;
    this.#checkWritable(statuses);
    await this.makeEmptyFiles();
    await this.#keep();
  }

  /**
   * Makes the empty files that are wanted, where nothing is going to be written that would bring them along.
   * Rejects with `StorageError`.
   */
  async makeEmptyFiles(): Promise<void> {
    if (this.picker.missingWanted > 0) return;
    const isToMake = ({ lengthBytes, isPad }: StorageFile, file: number): boolean =>
      lengthBytes === 0 && !isPad && this.#isWanted(file);
    if (!this.info.layout.files.some(isToMake)) return;
    try {
      await this.storage.makeEmptyFiles?.();
    } catch (error) {
      // Who has all of the data seeds it, also from where nothing can be written.
      if (!this.picker.have.isFull) throw storageFailure(error, 'make empty files', '');
    }
  }

  /** What is had is known, and kept before anything more is written. */
  #keep(): Promise<void> {
    return this.resume.checked(this.picker.missingWanted > 0);
  }

  /**
   * Goes on after a failure of the medium: hashes only what it has put in doubt, gives up the blocks that are
   * gone, and writes again what could not be written. Rejects as {@link TorrentContent.check} does.
   */
  async recover(
    error: PeerloomError,
    statuses: readonly FileStatus[],
    onProgress?: (checkedBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    const { layout } = this.info;
    const doubts = new Doubts(layout, statuses, error);
    const unwritten = this.downloads.unwrittenPieces();
    const doubted = new Set(doubts.isFileGone ? unwritten : []);
    this.picker.have.forEach((piece) => {
      if (doubts.isDoubted(piece)) doubted.add(piece);
    });
    for (const piece of this.downloads.spilledPieces()) {
      if (doubts.isSpillDoubted(piece)) this.downloads.abort(piece);
    }
    await this.#hash([...doubted], onProgress);
    this.#checkWritable(statuses);
    await this.makeEmptyFiles();
    await this.#keep();
    this.downloads.retry();
  }

  #hash(
    pieces: readonly number[],
    onProgress?: (checkedBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    return hashPieces({
      storage: this.storage,
      layout: storageLayout(this.info),
      pieces,
      expectedHash: (piece) => this.info.pieceHash(piece),
      onPiece: (piece, result) => {
        if (result === 'ok') this.#had(piece);
        else if (this.picker.has(piece)) this.#lost(piece);
      },
      onProgress,
      signal: this.#check.signal,
    });
  }

  /** Whether a piece that is to be fetched would be written to a file that is not wanted. */
  #reachesInto(file: number, statuses: readonly FileStatus[]): boolean {
    return statuses[file]?.piecesAside === undefined && this.#isSharing(file);
  }

  /** Whether something of the file is in a piece that is to be fetched. */
  #isSharing(file: number): boolean {
    const range = this.info.layout.piecesOfFile(file);
    if (range === undefined) return false;
    for (let piece = range.first; piece <= range.last; piece++) {
      if (!this.picker.has(piece) && this.picker.priority(piece) > 0) return true;
    }
    return false;
  }

  #checkWritable(statuses: readonly FileStatus[]): void {
    const isMissing = (file: number): boolean =>
      this.#isWanted(file) ? !this.files.isComplete(file) : this.#reachesInto(file, statuses);
    const problem = findWriteProblem({ layout: this.info.layout, statuses, isWanted: isMissing });
    if (problem) throw problem;
  }

  #fileCheck(statuses: readonly FileStatus[]): FileCheck {
    return { layout: this.info.layout, statuses, isWanted: this.#isWanted };
  }

  #had(piece: number): void {
    if (this.picker.has(piece)) return;
    this.picker.setHave(piece);
    this.files.pieceGained(piece);
    // What was collected of it is not needed any more.
    this.downloads.abort(piece);
  }

  #lost(piece: number): void {
    this.picker.setMissing(piece);
    this.files.pieceLost(piece);
  }

  /**
   * Ends checks and downloads, and closes the storage. What was fetched and what is known of it is kept for the
   * next time, unless it is to be forgotten.
   */
  async close(forgetsState: boolean): Promise<void> {
    this.#check.abort();
    if (!forgetsState && this.resume.isKeeping) await this.downloads.spillAll();
    await this.resume.end(forgetsState);
    this.downloads.close();
    await this.storage.close();
  }
}

/** What was kept does not tell whether these are right. */
function piecesToCheck({ toCheck, blocks }: Resumed): ReadonlySet<number> {
  const pieces = new Set(toCheck);
  for (const [piece, bits] of blocks) if (bits.isFull) pieces.add(piece);
  return pieces;
}

/** A picker for a torrent of which nothing is had yet. */
export function makePicker(info: TorrentInfo, random: Random): PiecePicker {
  const { layout } = info;
  return new PiecePicker({
    pieceCount: layout.pieceCount,
    blocksIn: (piece) => layout.blockCount(piece),
    random,
  });
}

function storageLayout({ layout, infoHash }: TorrentInfo): StorageLayout {
  const { files, pieceLength, pieceCount, totalLength } = layout;
  return { files, pieceLength, pieceCount, totalLength, infoHash: infoHash.hex };
}
