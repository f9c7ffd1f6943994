import { Bitfield } from '../common/bitfield.js';
import { Availability } from './availability.js';
import { Candidates } from './candidates.js';
import { Deadlines } from './deadlines.js';
import { ExclusivePieces } from './exclusive-pieces.js';
import { IndexSet } from './index-set.js';
import type { OpenPiece } from './open-piece.js';
import { OpenPieces } from './open-pieces.js';
import type { PeerKey, PickerOptions, ReceiveResult } from './pick-options.js';
import { type PiecePriority, Priorities } from './priorities.js';
import { RequestTable } from './request-table.js';

/**
 * The state of every piece, kept consistent: a piece that is needed (wanted and not had) is either open,
 * or kept for a named peer, or a candidate.
 */
export class PieceTable {
  readonly pieceCount: number;
  readonly blocksIn: (piece: number) => number;
  readonly have: Bitfield;
  readonly needed: IndexSet;
  readonly priorities: Priorities;
  readonly availability: Availability;
  readonly candidates: Candidates;
  readonly open: OpenPieces;
  readonly requests = new RequestTable();
  readonly exclusive = new ExclusivePieces();
  readonly deadlines = new Deadlines();

  constructor({ pieceCount, blocksIn, random }: PickerOptions) {
    this.pieceCount = pieceCount;
    this.blocksIn = blocksIn;
    this.have = new Bitfield(pieceCount);
    this.needed = IndexSet.full(pieceCount);
    this.priorities = new Priorities(pieceCount);
    this.availability = new Availability(pieceCount);
    this.candidates = new Candidates(pieceCount, this.priorities, this.availability, random);
    this.open = new OpenPieces(this.needed);
  }

  /** Every needed block that a connected peer has, and that may come from any peer, is requested. */
  get isEndGame(): boolean {
    if (this.requests.count === 0 || this.candidates.reachableCount > 0) return false;
    for (const { piece } of this.open.continuable) {
      if (this.exclusive.ownerOf(piece) === undefined && this.availability.total(piece) > 0) return false;
    }
    return this.needed.count > 0;
  }

  setHad(piece: number): void {
    if (!this.have.add(piece)) return;
    this.needed.delete(piece);
    this.candidates.remove(piece);
    this.exclusive.set(piece, undefined);
    this.deadlines.set(piece, undefined);
    const opened = this.open.get(piece);
    if (opened !== undefined) {
      opened.phase = 'done';
      this.#settle(opened);
    }
    if (this.needed.count === 0) this.candidates.dropOrder();
  }

  setNotHad(piece: number): void {
    if (!this.have.delete(piece)) return;
    if (this.priorities.of(piece) > 0) this.needed.add(piece);
    this.restart(piece);
    this.offer(piece);
  }

  setPriority(piece: number, priority: PiecePriority): void {
    if (this.candidates.has(piece) && priority > 0) {
      this.candidates.changePriority(piece, priority);
      return;
    }
    this.candidates.remove(piece);
    this.priorities.set(piece, priority);
    if (priority === 0) this.needed.delete(piece);
    else if (!this.have.has(piece)) this.needed.add(piece);
    const opened = this.open.get(piece);
    if (opened === undefined) this.offer(piece);
    else this.#settle(opened);
  }

  /** Makes the piece a candidate where it can be one. */
  offer(piece: number): void {
    const isFree = this.open.get(piece) === undefined && !this.exclusive.isReserved(piece);
    if (isFree && this.needed.has(piece)) this.candidates.insert(piece);
    else this.candidates.remove(piece);
  }

  /** The piece's blocks, opened where it is not open. */
  openPiece(piece: number): OpenPiece {
    this.candidates.remove(piece);
    return this.open.get(piece) ?? this.open.add(piece, this.blocksIn(piece));
  }

  /** Asks a peer for a pending block that it is not asked for yet. */
  request(peer: PeerKey, opened: OpenPiece, block: number): void {
    this.exclusive.claim(peer, opened.piece);
    this.requests.add(peer, opened, block);
    opened.free.delete(block);
    this.open.refresh(opened);
  }

  /** Ends a request without data. */
  release(peer: PeerKey, piece: number, block: number): void {
    const opened = this.open.get(piece);
    if (opened === undefined || !this.requests.delete(peer, opened, block)) return;
    opened.updateFree(block);
    this.#settle(opened);
  }

  receive(peer: PeerKey, piece: number, block: number): ReceiveResult {
    const opened = this.open.get(piece);
    if (opened === undefined) return this.have.has(piece) ? 'duplicate' : 'unwanted';
    if (this.requests.delete(peer, opened, block)) opened.updateFree(block);
    const result = this.#accept(peer, opened, block);
    this.#settle(opened);
    return result;
  }

  /** Forgets every block of an open piece. Requests under way stay. */
  restart(piece: number): void {
    const opened = this.open.get(piece);
    if (opened === undefined || this.have.has(piece)) return;
    opened.restart();
    this.exclusive.vacate(piece);
    this.#settle(opened);
  }

  /** False where the block is here already, or not of a piece that is missing. */
  restore(piece: number, block: number): boolean {
    if (this.have.has(piece) || block < 0 || block >= this.blocksIn(piece)) return false;
    const opened = this.openPiece(piece);
    const isMissing = opened.phase === 'collecting' && !opened.isReceived(block);
    if (isMissing) opened.setReceived(block);
    this.#settle(opened);
    return isMissing;
  }

  setWithPlugin(opened: OpenPiece, block: number, isWithPlugin: boolean): void {
    if (opened.isReceived(block) || opened.isWithPlugin(block) === isWithPlugin) return;
    opened.setWithPlugin(block, isWithPlugin);
    this.#settle(opened);
  }

  #accept(peer: PeerKey, opened: OpenPiece, block: number): ReceiveResult {
    if (opened.phase !== 'collecting' || opened.isReceived(block)) return 'duplicate';
    if (block < 0 || block >= opened.blockCount || !this.exclusive.allows(peer, opened.piece))
      return 'unwanted';
    opened.setReceived(block);
    return 'first';
  }

  /** After a change to an open piece: closes it where nothing of it is left. */
  #settle(opened: OpenPiece): void {
    const isOver = opened.phase === 'done' ? opened.outstanding === 0 : opened.isUntouched;
    if (!isOver) {
      this.open.refresh(opened);
      return;
    }
    this.open.delete(opened);
    this.exclusive.vacate(opened.piece);
    this.offer(opened.piece);
  }
}
