import type { Bitfield } from '../common/bitfield.js';
import type { BlockState, PeerKey, PickOptions, ReceiveResult } from './pick-options.js';

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
 * does not choose: {@link NaivePicker.replay} checks a choice that was made, since ties are free.
 */
export class NaivePicker {
  readonly pieces: readonly number[];
  readonly have = new Set<number>();
  readonly priorities: number[];
  readonly holders: number[];
  readonly open = new Map<number, NaivePiece>();
  readonly exclusive = new Map<number, Exclusive>();
  readonly deadlines = new Map<number, number>();
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

  /** Follows a pick, throwing where a block breaks a rule or where more should have been given. */
  replay(peer: PeerKey, options: PickOptions, given: readonly (readonly [number, number])[]): void {
    const replay = new Replay(this, peer, options, given);
    replay.run();
  }

  /** For {@link Replay}. */
  mayTake(peer: PeerKey, piece: number, has: Bitfield): boolean {
    return this.isNeeded(piece) && has.has(piece) && this.#allows(peer, piece);
  }

  /** For {@link Replay}. */
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

/** One pick, followed block by block. */
class Replay {
  readonly #tried = new Set<number>();
  readonly #queue: (readonly [number, number])[];
  #left: number;
  #budget: number;

  constructor(
    readonly model: NaivePicker,
    readonly peer: PeerKey,
    readonly options: PickOptions,
    given: readonly (readonly [number, number])[],
  ) {
    this.#queue = [...given];
    this.#left = options.count;
    this.#budget = options.openableBlocks;
  }

  run(): void {
    const { model, options } = this;
    if (options.onlyPieces === undefined) {
      const byDeadline = [...model.deadlines].sort(([a, x], [b, y]) => x - y || a - b);
      for (const [piece] of byDeadline) this.#expectEarly(piece);
      const reserved = [...model.exclusive].filter(
        ([, { isNamed, owner }]) => isNamed && owner === this.peer,
      );
      const first = this.#queue.map(([piece]) => piece);
      reserved.sort(([a], [b]) => rank(first, a) - rank(first, b));
      for (const [piece] of reserved) this.#expectEarly(piece);
    }
    for (;;) {
      const choices = this.#choices();
      if (this.#left <= 0 || choices.length === 0) break;
      const piece = this.#queue[0]?.[0];
      if (piece === undefined || !choices.includes(piece)) {
        throw new Error(`picked ${piece} where ${choices} come first`);
      }
      this.#expectBlocksOf(piece);
    }
    while (this.#left > 0 && model.isEndGame) {
      const choices = this.#busyChoices();
      if (choices.length === 0) break;
      const next = this.#queue.shift();
      if (next === undefined || !choices.some(([piece, block]) => piece === next[0] && block === next[1])) {
        throw new Error(`end game picked ${next} where ${choices.join(' or ')} come first`);
      }
      model.take(this.peer, next[0], next[1]);
      this.#left--;
    }
    if (this.#queue.length > 0) throw new Error(`picked too much: ${this.#queue.join(' ')}`);
  }

  /** Pieces that this peer should get blocks of next; equals are all in it. */
  #choices(): number[] {
    const { model, options } = this;
    const among = options.onlyPieces ?? model.pieces;
    const mine = [...new Set(among)].filter(
      (piece) => model.mayTake(this.peer, piece, options.has) && !this.#tried.has(piece),
    );
    const partial = mine.filter(
      (piece) => model.open.has(piece) && this.#freeBlocks(piece, false).length > 0,
    );
    const reserved = (piece: number): boolean => model.exclusive.get(piece)?.isNamed === true;
    const fresh = this.#canOpen()
      ? mine.filter(
          (piece) => !model.open.has(piece) && !reserved(piece) && this.#freeBlocks(piece, true).length > 0,
        )
      : [];
    const top = Math.max(0, ...partial.map((p) => model.priority(p)), ...fresh.map((p) => model.priority(p)));
    const isTop = (piece: number): boolean => model.priority(piece) === top;
    const rarity = (piece: number): number => model.holders[piece] ?? 0;
    const topPartial = partial.filter(isTop);
    if (topPartial.length > 0) {
      const nearest = least(topPartial, (piece) => missingIn(model.open.get(piece)));
      const choices = model.isSequential ? least(topPartial, (piece) => piece) : least(nearest, rarity);
      const [first] = choices.filter((piece) => this.#freeBlocks(piece, true).length === 0);
      if (first !== undefined) {
        // Nothing in it is allowed: tried, and the next one is looked for.
        this.#tried.add(first);
        return this.#choices();
      }
      return choices;
    }
    const topFresh = fresh.filter(isTop);
    if (model.isSequential) return least(topFresh, (piece) => piece);
    if (options.onlyPieces === undefined) {
      const [suggested] = (options.preferPieces ?? []).filter((piece) => topFresh.includes(piece));
      if (suggested !== undefined) return [suggested];
    }
    return least(topFresh, rarity);
  }

  #busyChoices(): (readonly [number, number])[] {
    const { model, options, peer } = this;
    const blocks = model.collecting
      .filter(({ piece }) => model.mayTake(peer, piece, options.has))
      .filter(({ piece }) => options.onlyPieces?.includes(piece) ?? true)
      .flatMap(({ piece, blocks }) => blocks.map((at, block) => ({ piece, block, at })))
      .filter(({ at }) => at.state === 'pending' && at.requesters.length > 0 && at.requesters.length < 3)
      .filter(({ at }) => !at.requesters.includes(peer))
      .filter(({ piece, block }) => options.canPick?.(piece, block) ?? true);
    return least(blocks, ({ at }) => at.requesters.length).map(({ piece, block }) => [piece, block] as const);
  }

  #canOpen(): boolean {
    if (this.#budget <= 0) return false;
    const isFetching = this.model.collecting.some((opened) => isAsked(opened) && missingIn(opened) > 0);
    return this.#budget >= (this.model.blockCounts[0] ?? 0) || !isFetching;
  }

  #freeBlocks(piece: number, isAllowed: boolean): number[] {
    const { canPick } = this.options;
    return Array.from({ length: this.model.blockCounts[piece] ?? 0 }, (_, block) => block).filter(
      (block) =>
        this.model.blockState(piece, block) === 'missing' &&
        (!isAllowed || (canPick?.(piece, block) ?? true)),
    );
  }

  /** A piece that is tried ahead of the order. */
  #expectEarly(piece: number): void {
    if (this.#left <= 0 || this.#tried.has(piece)) return;
    if (!this.model.mayTake(this.peer, piece, this.options.has)) return;
    const isOpen = this.model.open.has(piece);
    if (!isOpen && (!this.#canOpen() || this.#freeBlocks(piece, true).length === 0)) return;
    if (isOpen && this.#freeBlocks(piece, false).length === 0) return;
    this.#expectBlocksOf(piece);
  }

  #expectBlocksOf(piece: number): void {
    this.#tried.add(piece);
    if (!this.model.open.has(piece)) this.#budget -= this.model.blockCounts[piece] ?? 0;
    for (const block of this.#freeBlocks(piece, true).slice(0, this.#left)) {
      const next = this.#queue.shift();
      if (next?.[0] !== piece || next[1] !== block) {
        throw new Error(`picked ${next} where ${piece},${block} follows`);
      }
      this.model.take(this.peer, piece, block);
      this.#left--;
    }
  }
}

function missingIn(opened: NaivePiece | undefined): number {
  return opened?.blocks.filter(({ state }) => state !== 'received').length ?? 0;
}

function isAsked(opened: NaivePiece): boolean {
  return opened.blocks.some(({ requesters }) => requesters.length > 0);
}

function isFree({ state, requesters }: NaiveBlock): boolean {
  return state === 'pending' && requesters.length === 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rank(order: readonly number[], piece: number): number {
  const index = order.indexOf(piece);
  return index < 0 ? order.length : index;
}

function least<T>(items: readonly T[], measure: (item: T) => number): T[] {
  const smallest = Math.min(...items.map(measure));
  return items.filter((item) => measure(item) === smallest);
}
