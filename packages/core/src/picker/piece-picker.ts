import type { Bitfield } from '../common/bitfield.js';
import { BlockChooser } from './block-chooser.js';
import { noRequest } from './open-piece.js';
import type {
  BlockState,
  PeerKey,
  PickerOptions,
  PickOptions,
  PickSink,
  ReceiveResult,
} from './pick-options.js';
import { PieceTable } from './piece-table.js';
import type { PiecePriority } from './priorities.js';

export type { BlockState, PeerKey, PickerOptions, PickOptions, PickSink, PiecePriority, ReceiveResult };

/**
 * Which block to ask which peer for: rarest piece first with random ties, open pieces before new ones,
 * end game; with priorities, deadlines, sequential mode and pieces that one peer must send alone.
 *
 * Pure bookkeeping: no time, no I/O. Piece and block numbers must be in range; those from a remote are
 * validated before. A call costs O(1) unless it says otherwise. No call may be made from `canPick`; a
 * sink may make any.
 */
export class PiecePicker {
  readonly #table: PieceTable;
  readonly #chooser: BlockChooser;
  // A stack, since a sink may pick: piece and block by turns.
  readonly #chosen: number[] = [];

  /** All pieces are wanted at priority 4, and none is had. */
  constructor(options: PickerOptions) {
    this.#table = new PieceTable(options);
    this.#chooser = new BlockChooser(this.#table, options.random);
  }

  /** A peer that has everything came. It is not counted piece by piece as well. */
  addSeed(): void {
    this.#table.availability.changeSeeds(1);
  }

  /** Such a peer left, or turned out to lack something and is counted piece by piece from now on. */
  removeSeed(): void {
    this.#table.availability.changeSeeds(-1);
  }

  /** A peer that has these pieces came. O(pieces in it). */
  addBitfield(bits: Bitfield): void {
    bits.forEach((piece) => {
      this.#table.candidates.changeHolders(piece, 1);
    });
  }

  /** A peer that had these pieces left. O(pieces in it). */
  removeBitfield(bits: Bitfield): void {
    bits.forEach((piece) => {
      this.#table.candidates.changeHolders(piece, -1);
    });
  }

  /** A peer that is counted piece by piece has one more. */
  addHave(piece: number): void {
    this.#table.candidates.changeHolders(piece, 1);
  }

  /** A peer that is counted piece by piece lost one (BEP 54). */
  removeHave(piece: number): void {
    this.#table.candidates.changeHolders(piece, -1);
  }

  /** How many connected peers have the piece, seeds included. */
  availability(piece: number): number {
    return this.#table.availability.total(piece);
  }

  /** The piece is there, from wherever. Requests for it that are under way are kept until they end. */
  setHave(piece: number): void {
    this.#table.setHad(piece);
  }

  /** A piece that was had is not (a check of the files failed). */
  setMissing(piece: number): void {
    this.#table.setNotHad(piece);
  }

  /** Whether we have the piece. */
  has(piece: number): boolean {
    return this.#table.have.has(piece);
  }

  /** The pieces we have. Only to be read. */
  get have(): Bitfield {
    return this.#table.have;
  }

  /** How many pieces are wanted and not had. */
  get missingWanted(): number {
    return this.#table.needed.count;
  }

  /** Whether the piece is wanted and not had: what makes the peer that announces it interesting. */
  isWanted(piece: number): boolean {
    return this.#table.needed.has(piece);
  }

  /**
   * 0: not wanted; higher ones first. An open piece that is no longer wanted is not continued, but stays
   * open while it holds blocks, until {@link PiecePicker.pieceAborted}.
   */
  setPriority(piece: number, priority: PiecePriority): void {
    this.#table.setPriority(piece, priority);
  }

  /** 0 to 7. */
  priority(piece: number): number {
    return this.#table.priorities.of(piece);
  }

  /** Pieces of one priority in order of their number in place of rarity. O(pieces) at the next pick. */
  setSequential(on: boolean): void {
    this.#table.candidates.setSequential(on);
  }

  /**
   * Wanted pieces with a deadline come before all others, lowest order first; undefined takes it back, as
   * does having the piece. O(deadlines), and each pick looks at every deadline.
   */
  setDeadline(piece: number, order: number | undefined): void {
    this.#table.deadlines.set(piece, this.has(piece) ? undefined : order);
  }

  /**
   * Deadlines of an order up to this one are late: where no block of theirs is free, those that one peer is
   * asked for are given to a second one as well. At first none is.
   */
  setLateOrder(order: number): void {
    this.#table.deadlines.lateOrder = order;
  }

  /** The pieces with a deadline, first one first. As they are at the call. */
  deadlinePieces(): readonly number[] {
    return [...this.#table.deadlines.pieces];
  }

  /**
   * All blocks of the piece come from one peer: the one named, or the first that is given a block. Does
   * not undo what others sent already. It ends when the piece is had. Where a single peer was not named,
   * another may be the next after the piece failed, was aborted or closed.
   */
  setExclusive(piece: number, peer: PeerKey | 'any-single' | undefined): void {
    if (this.has(piece)) return;
    this.#table.exclusive.set(piece, peer);
    this.#table.offer(piece);
  }

  /**
   * Chooses blocks, marks them requested by the peer, then gives each to the sink. A block whose request
   * the sink ended meanwhile is not given. Returns how many were given.
   *
   * O(1) a block, and O(open pieces with free blocks) for each piece that blocks are taken of. A new piece
   * costs a few steps where the peer has a fair share of what is rare. Where it has not, what a search
   * passed over is not looked at again: O(pieces log pieces) over a whole connection, and O(1) for each
   * candidate whose availability changed since. In the end game O(blocks of the open pieces).
   */
  pick(peer: PeerKey, options: PickOptions, sink: PickSink): number {
    const chosen = this.#chosen;
    const start = chosen.length;
    let given = 0;
    try {
      this.#chooser.choose(peer, options, chosen);
      const end = chosen.length;
      for (let index = start; index < end; index += 2) {
        const piece = chosen[index] ?? 0;
        const block = chosen[index + 1] ?? 0;
        if (!this.isRequestedBy(peer, piece, block)) continue;
        sink(piece, block);
        given++;
      }
    } finally {
      chosen.length = start;
    }
    return given;
  }

  /** The request ended without data: the block is open to others. Nothing where it is not requested. */
  release(peer: PeerKey, piece: number, block: number): void {
    this.#table.release(peer, piece, block);
  }

  /** All requests of the peer ended (it choked us). O(its requests). */
  releaseAll(peer: PeerKey): void {
    const { requests } = this.#table;
    for (let request = requests.newestOf(peer); request !== noRequest; request = requests.newestOf(peer)) {
      this.#table.release(peer, requests.pieceOf(request), requests.blockOf(request));
    }
  }

  /**
   * The peer left: as {@link PiecePicker.releaseAll}, and pieces kept for it may come from another. Those
   * it alone was sending and had begun are returned: they are to be started again by
   * {@link PiecePicker.pieceAborted}, their blocks given up. O(its requests, open pieces).
   */
  removePeer(peer: PeerKey): readonly number[] {
    this.releaseAll(peer);
    const { exclusive, open } = this.#table;
    const reserved = [...(exclusive.reservedFor(peer) ?? [])];
    exclusive.forget(peer);
    for (const piece of reserved) {
      if (open.get(piece) !== undefined) continue;
      exclusive.vacate(piece);
      this.#table.offer(piece);
    }
    return open.all
      .filter(({ piece, phase }) => phase === 'collecting' && exclusive.ownerOf(piece) === peer)
      .map(({ piece }) => piece);
  }

  /** Who is asked for the block, newest first: whom to send cancels. O(requests for the block). */
  requesters(piece: number, block: number): readonly PeerKey[] {
    return this.#table.requests.requesters(this.#table.open.get(piece), block);
  }

  /** Whether the peer is asked for the block. O(requests for the block). */
  isRequestedBy(peer: PeerKey, piece: number, block: number): boolean {
    const opened = this.#table.open.get(piece);
    return opened !== undefined && this.#table.requests.isRequestedBy(peer, opened, block);
  }

  /**
   * A request that was not picked (a plugin sent it): counts as under way from now on, whatever the slot
   * budget. False where the block is not wanted, is here or with a plugin, or must come from another.
   */
  mark(peer: PeerKey, piece: number, block: number): boolean {
    const table = this.#table;
    if (!table.needed.has(piece) || !table.exclusive.allows(peer, piece)) return false;
    if (block < 0 || block >= table.blocksIn(piece)) return false;
    const before = table.open.get(piece);
    if (before !== undefined && !before.isPending(block)) return false;
    const opened = table.openPiece(piece);
    if (!table.requests.isRequestedBy(peer, opened, block)) table.request(peer, opened, block);
    return true;
  }

  /**
   * A complete block arrived. `first`: to be committed; `duplicate`: it is here already; `unwanted`: its
   * piece is not open, or must come from another peer. Ends the peer's request; others that are asked
   * for it stay asked until they are cancelled and released.
   */
  receive(peer: PeerKey, piece: number, block: number): ReceiveResult {
    return this.#table.receive(peer, piece, block);
  }

  /**
   * A block that nobody was asked for is here, from an earlier session. False where it was already, or is not
   * of a piece that is missing.
   */
  restore(piece: number, block: number): boolean {
    return this.#table.restore(piece, block);
  }

  /**
   * The block is with a plugin (true): not picked, neither missing nor had, until it is received or
   * given back (false). Nothing where the block is here or its piece not wanted.
   */
  withPlugin(piece: number, block: number, on: boolean): void {
    const opened = this.#table.open.get(piece);
    if (opened !== undefined) this.#table.setWithPlugin(opened, block, on);
    else if (on && this.isWanted(piece)) this.#table.setWithPlugin(this.#table.openPiece(piece), block, on);
  }

  /** Whether every block of the piece is here, had or not. */
  isComplete(piece: number): boolean {
    return this.has(piece) || this.#table.open.get(piece)?.isComplete === true;
  }

  /**
   * A complete piece is being checked and written: it is no longer open until it failed or was aborted.
   * Nothing where it is not complete.
   */
  seal(piece: number): void {
    const opened = this.#table.open.get(piece);
    if (opened?.phase !== 'collecting' || !opened.isComplete) return;
    opened.phase = 'sealed';
    this.#table.open.refresh(opened);
  }

  /** The hash was wrong: all blocks are missing again. O(blocks). */
  pieceFailed(piece: number): void {
    this.#table.restart(piece);
  }

  /** The hash was right and the piece is written: it is had. */
  piecePassed(piece: number): void {
    this.#table.setHad(piece);
  }

  /** The piece was given up (its write failed, it is no longer wanted): all blocks are missing. O(blocks). */
  pieceAborted(piece: number): void {
    this.#table.restart(piece);
  }

  /** Whether blocks of the piece are being collected. */
  isOpen(piece: number): boolean {
    return this.#table.open.get(piece)?.phase === 'collecting';
  }

  /** The pieces whose blocks are being collected, in no order: as they are at the call. O(open pieces). */
  openPieces(): Iterable<number> {
    return this.#table.open.all.filter(({ phase }) => phase === 'collecting').map(({ piece }) => piece);
  }

  /** What is known of a block; all blocks of a piece that is had are `received`. */
  blockState(piece: number, block: number): BlockState {
    if (this.has(piece)) return 'received';
    const opened = this.#table.open.get(piece);
    if (opened === undefined) return 'missing';
    if (opened.isReceived(block)) return 'received';
    if (opened.isWithPlugin(block)) return 'withPlugin';
    return opened.isRequested(block) ? 'requested' : 'missing';
  }

  /** Blocks still to come of all open pieces, requested or with a plugin or neither: the slots they need. */
  get openMissingBlocks(): number {
    return this.#table.open.missingBlocks;
  }

  /** The part of {@link PiecePicker.openMissingBlocks} in pieces that no peer is asked for at the moment. */
  get stalledMissingBlocks(): number {
    return this.#table.open.stalledBlocks;
  }

  /**
   * Whether every block that is missing is requested, those left out that no connected peer has or that
   * must come from one peer: peers with nothing else to do are given what others are asked for. O(open
   * pieces with free blocks) at worst.
   */
  get isEndGame(): boolean {
    return this.#table.isEndGame;
  }
}
