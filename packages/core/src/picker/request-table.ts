import { noRequest, type OpenPiece } from './open-piece.js';
import type { PeerKey } from './pick-options.js';

// Fields of a request, each an integer; a request is its row's number.
const peerField = 0;
const pieceField = 1;
const blockField = 2;
const olderOfBlock = 3;
const newerOfPeer = 4;
const olderOfPeer = 5;
const rowLength = 6;

const nobody: readonly PeerKey[] = Object.freeze([]);

/** A block is asked for from at most this many peers in the end game. */
export const maxRequesters = 3;

/**
 * Every request under way, in two lists: by block and by peer. Rows of one growing integer array, so a
 * request costs no object; all operations are O(requests for that block), which is nearly always one.
 */
export class RequestTable {
  #rows = new Int32Array(64 * rowLength);
  #rowsUsed = 0;
  // Rows given back, linked by `olderOfPeer`.
  #freeRow = noRequest;
  readonly #newestOf = new Map<PeerKey, number>();
  #count = 0;
  // Blocks by how many are asked for them, below the maximum.
  readonly #blocksAsked = new Int32Array(maxRequesters);

  /** Requests under way. */
  get count(): number {
    return this.#count;
  }

  /** Blocks that exactly `requesters` peers are asked for; 1 to {@link maxRequesters} - 1. */
  blocksAskedOf(requesters: number): number {
    return this.#blocksAsked[requesters] ?? 0;
  }

  /** Adds a request that is not there yet. */
  add(peer: PeerKey, piece: OpenPiece, block: number): void {
    this.#moveBlock(this.requesterCount(piece, block), 1);
    const row = this.#takeRow();
    const newest = this.#newestOf.get(peer) ?? noRequest;
    this.#set(row, peerField, peer);
    this.#set(row, pieceField, piece.piece);
    this.#set(row, blockField, block);
    this.#set(row, olderOfBlock, piece.requests[block] ?? noRequest);
    this.#set(row, newerOfPeer, noRequest);
    this.#set(row, olderOfPeer, newest);
    if (newest !== noRequest) this.#set(newest, newerOfPeer, row);
    this.#newestOf.set(peer, row);
    piece.requests[block] = row;
    piece.outstanding++;
    this.#count++;
  }

  /** Ends a request; false where there is none. */
  delete(peer: PeerKey, piece: OpenPiece, block: number): boolean {
    let newer = noRequest;
    let row = piece.requests[block] ?? noRequest;
    while (row !== noRequest && this.#get(row, peerField) !== peer) {
      newer = row;
      row = this.#get(row, olderOfBlock);
    }
    if (row === noRequest) return false;
    this.#moveBlock(this.requesterCount(piece, block), -1);
    if (newer === noRequest) piece.requests[block] = this.#get(row, olderOfBlock);
    else this.#set(newer, olderOfBlock, this.#get(row, olderOfBlock));
    this.#unlinkFromPeer(row);
    this.#set(row, olderOfPeer, this.#freeRow);
    this.#freeRow = row;
    piece.outstanding--;
    this.#count--;
    return true;
  }

  /** The peer's newest request; {@link noRequest} where it has none. */
  newestOf(peer: PeerKey): number {
    return this.#newestOf.get(peer) ?? noRequest;
  }

  pieceOf(request: number): number {
    return this.#get(request, pieceField);
  }

  blockOf(request: number): number {
    return this.#get(request, blockField);
  }

  isRequestedBy(peer: PeerKey, piece: OpenPiece, block: number): boolean {
    let row = piece.requests[block] ?? noRequest;
    while (row !== noRequest && this.#get(row, peerField) !== peer) row = this.#get(row, olderOfBlock);
    return row !== noRequest;
  }

  requesterCount(piece: OpenPiece, block: number): number {
    let count = 0;
    for (let row = piece.requests[block] ?? noRequest; row !== noRequest; count++) {
      row = this.#get(row, olderOfBlock);
    }
    return count;
  }

  /** Who is asked for a block, newest request first. */
  requesters(piece: OpenPiece | undefined, block: number): readonly PeerKey[] {
    let row = piece?.requests[block] ?? noRequest;
    if (row === noRequest) return nobody;
    const peers: PeerKey[] = [];
    for (; row !== noRequest; row = this.#get(row, olderOfBlock)) peers.push(this.#get(row, peerField));
    return peers;
  }

  #moveBlock(requesters: number, delta: 1 | -1): void {
    this.#countBlock(requesters, -1);
    this.#countBlock(requesters + delta, 1);
  }

  #countBlock(requesters: number, delta: 1 | -1): void {
    if (requesters === 0 || requesters >= maxRequesters) return;
    this.#blocksAsked[requesters] = this.blocksAskedOf(requesters) + delta;
  }

  #unlinkFromPeer(row: number): void {
    const newer = this.#get(row, newerOfPeer);
    const older = this.#get(row, olderOfPeer);
    if (older !== noRequest) this.#set(older, newerOfPeer, newer);
    if (newer !== noRequest) this.#set(newer, olderOfPeer, older);
    else if (older !== noRequest) this.#newestOf.set(this.#get(row, peerField), older);
    else this.#newestOf.delete(this.#get(row, peerField));
  }

  #takeRow(): number {
    const row = this.#freeRow;
    if (row !== noRequest) {
      this.#freeRow = this.#get(row, olderOfPeer);
      return row;
    }
    if ((this.#rowsUsed + 1) * rowLength > this.#rows.length) {
      const grown = new Int32Array(this.#rows.length * 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    return this.#rowsUsed++;
  }

  #get(row: number, field: number): number {
    return this.#rows[row * rowLength + field] ?? noRequest;
  }

  #set(row: number, field: number, value: number): void {
    this.#rows[row * rowLength + field] = value;
  }
}
