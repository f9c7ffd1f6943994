import { IndexSet } from './index-set.js';

const pending = 0;
const received = 1;
const withPlugin = 2;

/** No request: the end of a block's list of requests. */
export const noRequest = -1;

/**
 * `collecting` blocks; `sealed`: all are there, the hash is being checked; `done`: had, and remembered
 * only until the requests for its blocks that are still under way end.
 */
type OpenPiecePhase = 'collecting' | 'sealed' | 'done';

/** The blocks of one piece that is being fetched. */
export class OpenPiece {
  readonly piece: number;
  readonly blockCount: number;
  /** Blocks that nobody has sent, is asked for or holds. */
  readonly free: IndexSet;
  /** The newest request for each block, in the request table; {@link noRequest} where there is none. */
  readonly requests: Int32Array;
  readonly #states: Uint8Array;
  #receivedCount = 0;
  #withPluginCount = 0;

  phase: OpenPiecePhase = 'collecting';
  /** Requests under way for its blocks, several for one block counted each. */
  outstanding = 0;
  /** The pick that last tried it. */
  triedIn = 0;
  /** Kept by the list of open pieces: places in its lists, and what it counted for this piece. */
  listIndex = -1;
  continuableIndex = -1;
  countedMissing = 0;
  countedStalled = 0;

  constructor(piece: number, blockCount: number) {
    this.piece = piece;
    this.blockCount = blockCount;
    this.free = IndexSet.full(blockCount);
    this.requests = new Int32Array(blockCount).fill(noRequest);
    this.#states = new Uint8Array(blockCount);
  }

  /** Blocks still to come. */
  get missingCount(): number {
    return this.blockCount - this.#receivedCount;
  }

  get isComplete(): boolean {
    return this.#receivedCount === this.blockCount;
  }

  /** Whether closing it loses nothing: no block is here, with a plugin or asked for. */
  get isUntouched(): boolean {
    return this.#receivedCount === 0 && this.#withPluginCount === 0 && this.outstanding === 0;
  }

  isPending(block: number): boolean {
    return this.#states[block] === pending;
  }

  isReceived(block: number): boolean {
    return this.#states[block] === received;
  }

  isWithPlugin(block: number): boolean {
    return this.#states[block] === withPlugin;
  }

  isRequested(block: number): boolean {
    return this.requests[block] !== noRequest;
  }

  setReceived(block: number): void {
    if (this.isWithPlugin(block)) this.#withPluginCount--;
    this.#states[block] = received;
    this.#receivedCount++;
    this.free.delete(block);
  }

  setWithPlugin(block: number, isWithPlugin: boolean): void {
    this.#withPluginCount += isWithPlugin ? 1 : -1;
    this.#states[block] = isWithPlugin ? withPlugin : pending;
    this.updateFree(block);
  }

  /** Brings `free` in line with the state and the requests of a block. */
  updateFree(block: number): void {
    if (this.isPending(block) && !this.isRequested(block)) this.free.add(block);
    else this.free.delete(block);
  }

  /** Nothing has arrived; requests under way still count. */
  restart(): void {
    this.phase = 'collecting';
    this.#states.fill(pending);
    this.#receivedCount = 0;
    this.#withPluginCount = 0;
    for (let block = 0; block < this.blockCount; block++) this.updateFree(block);
  }
}
