import type { IndexSet } from './index-set.js';
import { OpenPiece } from './open-piece.js';

/** The pieces being fetched, and the sums that the slot budget needs. Every operation is O(1). */
export class OpenPieces {
  readonly #needed: IndexSet;
  readonly #byPiece = new Map<number, OpenPiece>();
  readonly #all: OpenPiece[] = [];
  readonly #continuable: OpenPiece[] = [];
  #missing = 0;
  #stalled = 0;
  #fetching = 0;

  /** `needed`: the pieces that are wanted and not had. */
  constructor(needed: IndexSet) {
    this.#needed = needed;
  }

  get(piece: number): OpenPiece | undefined {
    return this.#byPiece.get(piece);
  }

  /** All of them, of whatever phase, in no order. */
  get all(): readonly OpenPiece[] {
    return this.#all;
  }

  /** Those needed that have a free block, in no order. */
  get continuable(): readonly OpenPiece[] {
    return this.#continuable;
  }

  /** Blocks still to come. */
  get missingBlocks(): number {
    return this.#missing;
  }

  /** Blocks still to come of pieces that nobody is asked for at the moment. */
  get stalledBlocks(): number {
    return this.#stalled;
  }

  /** Whether a block of any piece that is not had is requested. */
  get isAnyFetching(): boolean {
    return this.#fetching > 0;
  }

  add(piece: number, blockCount: number): OpenPiece {
    const opened = new OpenPiece(piece, blockCount);
    this.#byPiece.set(piece, opened);
    opened.listIndex = this.#all.push(opened) - 1;
    this.refresh(opened);
    return opened;
  }

  delete(opened: OpenPiece): void {
    this.#byPiece.delete(opened.piece);
    this.#count(opened, 0, 0);
    if (opened.continuableIndex >= 0) this.#leaveContinuable(opened);
    const last = this.#all.pop();
    if (last !== undefined && last !== opened) {
      this.#all[opened.listIndex] = last;
      last.listIndex = opened.listIndex;
    }
  }

  /** To be called after any change to an open piece, or to whether it is needed. */
  refresh(opened: OpenPiece): void {
    const missing = opened.phase === 'collecting' ? opened.missingCount : 0;
    this.#count(opened, missing, opened.outstanding === 0 ? missing : 0);
    const isContinuable =
      opened.phase === 'collecting' && opened.free.count > 0 && this.#needed.has(opened.piece);
    if (isContinuable === opened.continuableIndex >= 0) return;
    if (isContinuable) opened.continuableIndex = this.#continuable.push(opened) - 1;
    else this.#leaveContinuable(opened);
  }

  #count(opened: OpenPiece, missing: number, stalled: number): void {
    const wasFetching = opened.countedMissing > opened.countedStalled;
    this.#fetching += Number(missing > stalled) - Number(wasFetching);
    this.#missing += missing - opened.countedMissing;
    this.#stalled += stalled - opened.countedStalled;
    opened.countedMissing = missing;
    opened.countedStalled = stalled;
  }

  #leaveContinuable(opened: OpenPiece): void {
    const last = this.#continuable.pop();
    if (last !== undefined && last !== opened) {
      this.#continuable[opened.continuableIndex] = last;
      last.continuableIndex = opened.continuableIndex;
    }
    opened.continuableIndex = -1;
  }
}
