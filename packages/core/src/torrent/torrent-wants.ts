import type { TorrentLayout } from '../metainfo/layout.js';
import type { PiecePicker } from '../picker/piece-picker.js';
import type { PiecePriority } from '../picker/priorities.js';
import type { Clock } from '../ports/clock.js';
import type { FileProgress } from './file-progress.js';

/** How long before its deadline a piece counts as late: a second peer needs time to send what is missing. */
const lateMarginMs = 2_000;

/** What is wanted of a torrent whose metadata is known, how much, and by when. */
export class TorrentWants {
  readonly #layout: TorrentLayout;
  readonly #picker: PiecePicker;
  readonly #files: FileProgress;
  readonly #clock: Clock;

  constructor(options: {
    readonly layout: TorrentLayout;
    readonly picker: PiecePicker;
    readonly files: FileProgress;
    readonly clock: Clock;
  }) {
    this.#layout = options.layout;
    this.#picker = options.picker;
    this.#files = options.files;
    this.#clock = options.clock;
  }

  /** 0 (not wanted) to 7; 0 for a piece that is not there. */
  piecePriority(piece: number): number {
    return this.#layout.isValidPiece(piece) ? this.#picker.priority(piece) : 0;
  }

  /** False where there is no such piece or priority. */
  setPiecePriority(piece: number, priority: number): boolean {
    if (!this.#layout.isValidPiece(piece) || !isPriority(priority)) return false;
    this.#picker.setPriority(piece, priority);
    return true;
  }

  /** 0 (not wanted) to 7; 0 for a file that is not there. */
  filePriority(file: number): number {
    return this.#isFile(file) ? this.#files.priority(file) : 0;
  }

  /** Pieces get the highest priority of the files they are part of. False where there is no such file or priority. */
  setFilePriority(file: number, priority: number): boolean {
    if (!this.#isFile(file) || !isPriority(priority)) return false;
    this.#files.setPriority(file, priority);
    const range = this.#layout.piecesOfFile(file);
    if (range === undefined) return true;
    for (let piece = range.first; piece <= range.last; piece++) {
      this.#picker.setPriority(piece, this.#files.priorityOfPiece(piece));
    }
    return true;
  }

  /** The piece is wanted in `delayMs`, before all without a deadline. False where there is no such piece or time. */
  setPieceDeadline(piece: number, delayMs: number): boolean {
    if (!this.#layout.isValidPiece(piece) || !(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY))
      return false;
    this.#picker.setDeadline(piece, this.#clock.now() + delayMs);
    this.tick();
    return true;
  }

  /** False where there is no such piece. */
  clearPieceDeadline(piece: number): boolean {
    if (!this.#layout.isValidPiece(piece)) return false;
    this.#picker.setDeadline(piece, undefined);
    return true;
  }

  clearPieceDeadlines(): void {
    for (const piece of this.#picker.deadlinePieces()) this.#picker.setDeadline(piece, undefined);
  }

  /** About once a second: which deadlines are late. */
  tick(): void {
    this.#picker.setLateOrder(this.#clock.now() + lateMarginMs);
  }

  #isFile(file: number): boolean {
    return this.#layout.files[file] !== undefined;
  }
}

function isPriority(priority: number): priority is PiecePriority {
  return Number.isInteger(priority) && priority >= 0 && priority <= 7;
}
