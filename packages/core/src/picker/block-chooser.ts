import { Bitfield } from '../common/bitfield.js';
import type { Random } from '../ports/random.js';
import { type CandidateFilter, NewPieceSearch } from './new-piece-search.js';
import type { OpenPiece } from './open-piece.js';
import type { PeerKey, PickOptions } from './pick-options.js';
import type { PieceTable } from './piece-table.js';
import { maxRequesters } from './request-table.js';

const nothing = new Bitfield(0);

/**
 * Decides which blocks a peer is asked for. In turn: pieces with a deadline, and what others are asked for
 * of those that are late; pieces kept for this peer; then by priority, and within one first the open pieces nearest completion, then suggested ones, then
 * new ones in order; last, in the end game, what others are asked for.
 *
 * One choice at a time; what it needs lies in fields, so that a choice allocates nothing.
 */
export class BlockChooser implements CandidateFilter {
  readonly #table: PieceTable;
  readonly #random: Random;
  readonly #search: NewPieceSearch;
  readonly #fullSize: number;

  #peer: PeerKey = 0;
  #has = nothing;
  #canPick: PickOptions['canPick'];
  #left = 0;
  #budget = 0;
  #round = 0;
  // Where the blocks go: piece and block by turns.
  #chosen: number[] = [];

  constructor(table: PieceTable, random: Random) {
    this.#table = table;
    this.#random = random;
    this.#search = new NewPieceSearch(table.candidates, table.priorities, random);
    this.#fullSize = table.pieceCount > 0 ? table.blocksIn(0) : 0;
  }

  /** Marks up to `options.count` blocks as requested by the peer and appends them to `chosen`. */
  choose(peer: PeerKey, options: PickOptions, chosen: number[]): void {
    this.#peer = peer;
    this.#has = options.has;
    this.#canPick = options.canPick;
    this.#left = options.count;
    this.#budget = options.openableBlocks;
    this.#round++;
    this.#chosen = chosen;
    if (options.onlyPieces === undefined) this.#chooseFromAll(options.preferPieces);
    else this.#chooseFrom(options.onlyPieces);
    if (this.#left > 0 && this.#table.isEndGame) this.#chooseBusy(options.onlyPieces);
    // What belongs to the peer must not outlive it here.
    this.#has = nothing;
    this.#canPick = undefined;
  }

  /** Whether the peer may be asked for any block of a piece that is not open. */
  accepts(piece: number): boolean {
    if (this.#canPick === undefined) return true;
    const blockCount = this.#table.blocksIn(piece);
    for (let block = 0; block < blockCount; block++) if (this.#canPick(piece, block)) return true;
    return false;
  }

  #chooseFromAll(preferPieces: readonly number[] | undefined): void {
    const { deadlines, exclusive, open } = this.#table;
    for (const piece of deadlines.pieces) this.#takeAnyOf(piece);
    this.#takeLate();
    const reserved = exclusive.reservedFor(this.#peer);
    if (reserved !== undefined) for (const piece of reserved) this.#takeAnyOf(piece);
    while (this.#left > 0) {
      let partial: OpenPiece | undefined;
      for (const opened of open.continuable) partial = this.#betterPartial(partial, opened);
      const fresh = this.#findNew(this.#priorityOf(partial), preferPieces);
      if (!this.#takeEither(fresh, partial)) return;
    }
  }

  #chooseFrom(pieces: readonly number[]): void {
    while (this.#left > 0) {
      let partial: OpenPiece | undefined;
      for (const piece of pieces) partial = this.#betterPartial(partial, this.#table.open.get(piece));
      const fresh = this.#findNewAmong(pieces, this.#priorityOf(partial));
      if (!this.#takeEither(fresh, partial)) return;
    }
  }

  #priorityOf(opened: OpenPiece | undefined): number {
    return opened === undefined ? 0 : this.#table.priorities.of(opened.piece);
  }

  /** Whichever of the two this peer should continue with. */
  #betterPartial(best: OpenPiece | undefined, other: OpenPiece | undefined): OpenPiece | undefined {
    if (other === undefined || other.continuableIndex < 0 || other.triedIn === this.#round) return best;
    const { piece } = other;
    if (!this.#has.has(piece) || !this.#table.exclusive.allows(this.#peer, piece)) return best;
    if (best === undefined) return other;
    const { priorities, availability, candidates } = this.#table;
    const byPriority = priorities.of(piece) - priorities.of(best.piece);
    if (byPriority !== 0) return byPriority > 0 ? other : best;
    if (candidates.isSequential) return piece < best.piece ? other : best;
    const byMissing = best.missingCount - other.missingCount;
    if (byMissing !== 0) return byMissing > 0 ? other : best;
    return availability.holders(piece) < availability.holders(best.piece) ? other : best;
  }

  /** Slots for a piece of full size are there; or it never fits, and then nothing else is under way. */
  #canOpen(): boolean {
    if (this.#budget <= 0) return false;
    return this.#budget >= this.#fullSize || !this.#table.open.isAnyFetching;
  }

  #findNew(minPriority: number, preferPieces: readonly number[] | undefined): number {
    if (!this.#canOpen()) return -1;
    const found = this.#search.find(this.#has, minPriority, this);
    if (found < 0 || preferPieces === undefined || this.#table.candidates.isSequential) return found;
    const priority = this.#table.priorities.of(found);
    for (const piece of preferPieces) {
      if (this.#table.priorities.of(piece) >= priority && this.#isNew(piece)) return piece;
    }
    return found;
  }

  #findNewAmong(pieces: readonly number[], minPriority: number): number {
    if (!this.#canOpen()) return -1;
    const order = this.#table.candidates.order();
    let best = -1;
    let bestKey = Number.POSITIVE_INFINITY;
    let equals = 0;
    for (const piece of pieces) {
      if (this.#table.priorities.of(piece) <= minPriority || !this.#isNew(piece)) continue;
      const key = order.keyOf(piece);
      if (key > bestKey) continue;
      equals = key === bestKey ? equals + 1 : 1;
      bestKey = key;
      if (equals === 1 || this.#random.integer(equals) === 0) best = piece;
    }
    return best;
  }

  #isNew(piece: number): boolean {
    return this.#table.candidates.has(piece) && this.#has.has(piece) && this.accepts(piece);
  }

  /** Opens the new piece where there is one, continues the other otherwise; false where there is neither. */
  #takeEither(fresh: number, partial: OpenPiece | undefined): boolean {
    if (fresh >= 0) this.#openAndTake(fresh);
    else if (partial !== undefined) this.#take(partial);
    else return false;
    return true;
  }

  /** Takes from a piece, open or not, that is tried ahead of the others. */
  #takeAnyOf(piece: number): void {
    if (this.#left <= 0) return;
    const { open, needed, exclusive } = this.#table;
    if (!needed.has(piece) || !this.#has.has(piece) || !exclusive.allows(this.#peer, piece)) return;
    const opened = open.get(piece);
    if (opened !== undefined) {
      if (opened.continuableIndex >= 0) this.#take(opened);
    } else if (this.#canOpen() && this.accepts(piece)) {
      this.#openAndTake(piece);
    }
  }

  /** Blocks of late pieces that one other peer is asked for: it may be a slow one. */
  #takeLate(): void {
    const { deadlines, open } = this.#table;
    for (const piece of deadlines.pieces) {
      if (this.#left <= 0 || !deadlines.isLate(piece)) return;
      const opened = open.get(piece);
      if (opened !== undefined && this.#mayTakeBusy(opened)) this.#takeBusy(opened, 1);
    }
  }

  #openAndTake(piece: number): void {
    const opened = this.#table.openPiece(piece);
    this.#budget -= opened.blockCount;
    this.#take(opened);
  }

  /** Takes free blocks in order, as many as are left to take. */
  #take(opened: OpenPiece): void {
    opened.triedIn = this.#round;
    let block = opened.free.next(0);
    for (; block >= 0 && this.#left > 0; block = opened.free.next(block + 1)) {
      if (this.#canPick?.(opened.piece, block) !== false) this.#takeBlock(opened, block);
    }
  }

  #takeBlock(opened: OpenPiece, block: number): void {
    this.#table.request(this.#peer, opened, block);
    this.#chosen.push(opened.piece, block);
    this.#left--;
  }

  /** End game: blocks that others are asked for, those asked of fewest first. */
  #chooseBusy(onlyPieces: readonly number[] | undefined): void {
    const { requests, open } = this.#table;
    const { all } = open;
    const start = all.length > 0 ? this.#random.integer(all.length) : 0;
    for (let requesters = 1; requesters < maxRequesters && this.#left > 0; requesters++) {
      if (requests.blocksAskedOf(requesters) === 0) continue;
      for (let index = 0; index < all.length && this.#left > 0; index++) {
        const opened = all[(start + index) % all.length];
        if (opened === undefined || !this.#mayTakeBusy(opened)) continue;
        if (onlyPieces?.includes(opened.piece) !== false) this.#takeBusy(opened, requesters);
      }
    }
  }

  #mayTakeBusy({ piece, phase, outstanding }: OpenPiece): boolean {
    const { needed, exclusive } = this.#table;
    if (outstanding === 0 || phase !== 'collecting') return false;
    return needed.has(piece) && this.#has.has(piece) && exclusive.allows(this.#peer, piece);
  }

  #takeBusy(opened: OpenPiece, requesters: number): void {
    const { requests } = this.#table;
    for (let block = 0; block < opened.blockCount && this.#left > 0; block++) {
      if (!opened.isRequested(block) || !opened.isPending(block)) continue;
      if (requests.requesterCount(opened, block) !== requesters) continue;
      if (requests.isRequestedBy(this.#peer, opened, block)) continue;
      if (this.#canPick?.(opened.piece, block) !== false) this.#takeBlock(opened, block);
    }
  }
}
