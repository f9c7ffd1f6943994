import type { Bitfield } from '../common/bitfield.js';
import type { BlockState, PeerKey, ReceiveResult } from './pick-options.js';

interface NaiveBlock {
  state: 'pending' | 'received' | 'withPlugin';
  requesters: PeerKey[];
}

interface NaivePiece {
  readonly piece: number;
  readonly blocks: NaiveBlock[];
  phase: 'collecting' | 'sealed' | 'done';
}

interface Exclusive {
  owner: PeerKey | undefined;
  isNamed: boolean;
}

/**
 * The rules of the picker written down as plainly as can be, every answer by looking at everything. It
 * does not choose: `replayPick` checks a choice that was made, since ties are free.
 */
export class NaivePicker {
  readonly pieces: readonly number[];
  readonly have = new Set<number>();
  readonly priorities: number[];
  readonly holders: number[];
  readonly open = new Map<number, NaivePiece>();
  readonly exclusive = new Map<number, Exclusive>();
  readonly deadlines = new Map<number, number>();
  lateOrder = Number.NEGATIVE_INFINITY;
  seeds = 0;
  isSequential = false;

  constructor(readonly blockCounts: readonly number[]) {
    this.pieces = blockCounts.map((_, piece) => piece);
    this.priorities = this.pieces.map(() => 4);
    this.holders = this.pieces.map(() => 0);
  }

  isNeeded(piece: number): boolean {
    return !this.have.has(piece) && this.priority(piece) > 0;
  }

  priority(piece: number): number {
    return this.priorities[piece] ?? 0;
  }

  availability(piece: number): number {
    return this.seeds + (this.holders[piece] ?? 0);
  }

  blockState(piece: number, block: number): BlockState {
    const at = this.#block(piece, block);
    if (this.have.has(piece)) return 'received';
    if (at === undefined) return 'missing';
    if (at.state !== 'pending') return at.state;
    return at.requesters.length > 0 ? 'requested' : 'missing';
  }

  requesters(piece: number, block: number): readonly PeerKey[] {
    return this.#block(piece, block)?.requesters ?? [];
  }

  get collecting(): NaivePiece[] {
    return [...this.open.values()].filter(({ phase }) => phase === 'collecting');
  }

  get openMissingBlocks(): number {
    return sum(this.collecting.map(missingIn));
  }

  get stalledMissingBlocks(): number {
    return sum(this.collecting.filter((opened) => !isAsked(opened)).map(missingIn));
  }

  get isEndGame(): boolean {
    const isAnyRequested = [...this.open.values()].some(isAsked);
    const needed = this.pieces.filter((piece) => this.isNeeded(piece));
    const isLeft = needed.some((piece) => {
      if (this.availability(piece) === 0) return false;
      const opened = this.open.get(piece);
      if (opened === undefined) return this.exclusive.get(piece)?.isNamed !== true;
      if (opened.phase !== 'collecting' || this.exclusive.get(piece)?.owner !== undefined) return false;
      return opened.blocks.some(isFree);
    });
    return isAnyRequested && needed.length > 0 && !isLeft;
  }

  setHave(piece: number): void {
    if (this.have.has(piece)) return;
    this.have.add(piece);
    this.exclusive.delete(piece);
    this.deadlines.delete(piece);
    const opened = this.open.get(piece);
    if (opened !== undefined) opened.phase = 'done';
    this.#close(piece);
  }

  setMissing(piece: number): void {
    if (this.have.delete(piece)) this.restart(piece);
  }

  setExclusive(piece: number, peer: PeerKey | 'any-single' | undefined): void {
    if (this.have.has(piece)) return;
    if (peer === undefined) this.exclusive.delete(piece);
    else if (peer === 'any-single') this.exclusive.set(piece, { owner: undefined, isNamed: false });
    else this.exclusive.set(piece, { owner: peer, isNamed: true });
  }

  release(peer: PeerKey, piece: number, block: number): void {
    if (this.#endRequest(peer, piece, block)) this.#close(piece);
  }

  releaseAll(peer: PeerKey): void {
    for (const piece of this.pieces) {
      for (let block = 0; block < (this.blockCounts[piece] ?? 0); block++) this.release(peer, piece, block);
    }
  }

  removePeer(peer: PeerKey): number[] {
    this.releaseAll(peer);
    for (const [piece, exclusive] of this.exclusive) {
      if (exclusive.owner !== peer) continue;
      exclusive.isNamed = false;
      if (!this.open.has(piece)) exclusive.owner = undefined;
    }
    return this.collecting
      .map(({ piece }) => piece)
      .filter((piece) => this.exclusive.get(piece)?.owner === peer);
  }

  receive(peer: PeerKey, piece: number, block: number): ReceiveResult {
    const opened = this.open.get(piece);
    const at = this.#block(piece, block);
    if (opened === undefined || at === undefined) return this.have.has(piece) ? 'duplicate' : 'unwanted';
    this.#endRequest(peer, piece, block);
    let result: ReceiveResult = 'first';
    if (opened.phase !== 'collecting' || at.state === 'received') result = 'duplicate';
    else if (!this.#allows(peer, piece)) result = 'unwanted';
    else at.state = 'received';
    this.#close(piece);
    return result;
  }

  mark(peer: PeerKey, piece: number, block: number): boolean {
    if (!this.isNeeded(piece) || !this.#allows(peer, piece)) return false;
    const before = this.#block(piece, block);
    if (before !== undefined && before.state !== 'pending') return false;
    this.#openPiece(piece);
    if (!this.requesters(piece, block).includes(peer)) this.#request(peer, piece, block);
    return true;
  }

  withPlugin(piece: number, block: number, on: boolean): void {
    if (!this.open.has(piece) && !(on && this.isNeeded(piece))) return;
    const at = this.#openPiece(piece).blocks[block];
    if (at !== undefined && at.state !== 'received') at.state = on ? 'withPlugin' : 'pending';
    this.#close(piece);
  }

  restart(piece: number): void {
    const opened = this.open.get(piece);
    if (opened === undefined || this.have.has(piece)) return;
    opened.phase = 'collecting';
    for (const block of opened.blocks) block.state = 'pending';
    this.#vacate(piece);
    this.#close(piece);
  }

  /** For `replayPick`. */
  mayTake(peer: PeerKey, piece: number, has: Bitfield): boolean {
    return this.isNeeded(piece) && has.has(piece) && this.#allows(peer, piece);
  }

  /** For `replayPick`. */
  take(peer: PeerKey, piece: number, block: number): void {
    this.#openPiece(piece);
    this.#request(peer, piece, block);
  }

  #request(peer: PeerKey, piece: number, block: number): void {
    const exclusive = this.exclusive.get(piece);
    if (exclusive !== undefined) exclusive.owner ??= peer;
    this.#block(piece, block)?.requesters.unshift(peer);
  }

  #endRequest(peer: PeerKey, piece: number, block: number): boolean {
    const at = this.#block(piece, block);
    if (at === undefined || !at.requesters.includes(peer)) return false;
    at.requesters = at.requesters.filter((other) => other !== peer);
    return true;
  }

  #openPiece(piece: number): NaivePiece {
    let opened = this.open.get(piece);
    if (opened === undefined) {
      const blocks = Array.from({ length: this.blockCounts[piece] ?? 0 }, (): NaiveBlock => {
        return { state: 'pending', requesters: [] };
      });
      opened = { piece, blocks, phase: 'collecting' };
      this.open.set(piece, opened);
    }
    return opened;
  }

  /** Closes a piece of which nothing is left. */
  #close(piece: number): void {
    const opened = this.open.get(piece);
    if (opened === undefined || isAsked(opened)) return;
    if (opened.phase !== 'done' && opened.blocks.some(({ state }) => state !== 'pending')) return;
    this.open.delete(piece);
    this.#vacate(piece);
  }

  #vacate(piece: number): void {
    const exclusive = this.exclusive.get(piece);
    if (exclusive !== undefined && !exclusive.isNamed) exclusive.owner = undefined;
  }

  #allows(peer: PeerKey, piece: number): boolean {
    const owner = this.exclusive.get(piece)?.owner;
    return owner === undefined || owner === peer;
  }

  #block(piece: number, block: number): NaiveBlock | undefined {
    return this.open.get(piece)?.blocks[block];
  }
}

/** Blocks still to come of an open piece. */
export function missingIn(opened: NaivePiece | undefined): number {
  return opened?.blocks.filter(({ state }) => state !== 'received').length ?? 0;
}

/** Whether any peer is asked for a block of it. */
export function isAsked(opened: NaivePiece): boolean {
  return opened.blocks.some(({ requesters }) => requesters.length > 0);
}

function isFree({ state, requesters }: NaiveBlock): boolean {
  return state === 'pending' && requesters.length === 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
