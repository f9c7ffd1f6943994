import { isAsked, missingIn, type NaivePicker } from './naive-picker.fake.js';
import type { PeerKey, PickOptions } from './pick-options.js';

/** Follows a pick block by block, throwing where one breaks a rule or where more should have been given. */
export function replayPick(
  model: NaivePicker,
  peer: PeerKey,
  options: PickOptions,
  given: readonly (readonly [piece: number, block: number])[],
): void {
  new Replay(model, peer, options, given).run();
}

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
      for (const [piece, order] of byDeadline) if (order <= model.lateOrder) this.#expectLate(piece);
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
    const blocks = this.#busyBlocks(3).filter(
      ({ piece }) => this.options.onlyPieces?.includes(piece) ?? true,
    );
    return least(blocks, ({ at }) => at.requesters.length).map(({ piece, block }) => [piece, block] as const);
  }

  /** Blocks that others, fewer than `limit`, are asked for and this peer may be asked for too. */
  #busyBlocks(limit: number) {
    const { model, options, peer } = this;
    return model.collecting
      .filter(({ piece }) => model.mayTake(peer, piece, options.has))
      .flatMap(({ piece, blocks }) => blocks.map((at, block) => ({ piece, block, at })))
      .filter(({ at }) => at.state === 'pending' && at.requesters.length > 0 && at.requesters.length < limit)
      .filter(({ at }) => !at.requesters.includes(peer))
      .filter(({ piece, block }) => options.canPick?.(piece, block) ?? true);
  }

  /** A late piece: a second peer is asked for what one is asked for. */
  #expectLate(late: number): void {
    const blocks = this.#busyBlocks(2).filter(({ piece }) => piece === late);
    for (const { piece, block } of blocks.slice(0, this.#left)) this.#expectBlock(piece, block);
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
    for (const block of this.#freeBlocks(piece, true).slice(0, this.#left)) this.#expectBlock(piece, block);
  }

  #expectBlock(piece: number, block: number): void {
    const next = this.#queue.shift();
    if (next?.[0] !== piece || next[1] !== block) {
      throw new Error(`picked ${next} where ${piece},${block} follows`);
    }
    this.model.take(this.peer, piece, block);
    this.#left--;
  }
}

function rank(order: readonly number[], piece: number): number {
  const index = order.indexOf(piece);
  return index < 0 ? order.length : index;
}

function least<T>(items: readonly T[], measure: (item: T) => number): T[] {
  const smallest = Math.min(...items.map(measure));
  return items.filter((item) => measure(item) === smallest);
}
