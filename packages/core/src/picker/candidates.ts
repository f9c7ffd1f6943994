import type { Random } from '../ports/random.js';
import type { Availability } from './availability.js';
import type { CandidateOrder } from './candidate-order.js';
import { ChangeLog } from './change-log.js';
import { IndexSet } from './index-set.js';
import type { PiecePriority, Priorities } from './priorities.js';
import { RarestOrder } from './rarest-order.js';
import { SequentialOrder } from './sequential-order.js';

/**
 * The pieces that may be opened: wanted, not had, not open, not kept for one peer. Their order is built
 * when it is first asked for, so that a torrent which downloads nothing carries none.
 */
export class Candidates {
  /** Insertions and moves; only kept while an order exists. */
  readonly log: ChangeLog;
  readonly #pieceCount: number;
  readonly #priorities: Priorities;
  readonly #availability: Availability;
  readonly #random: Random;
  readonly #members: IndexSet;
  // Members that no peer but seeds has.
  #unheld: number;
  #order: CandidateOrder | undefined;
  #orderVersion = 0;
  #isSequential = false;

  /** Starts with every piece a candidate. */
  constructor(pieceCount: number, priorities: Priorities, availability: Availability, random: Random) {
    this.#pieceCount = pieceCount;
    this.#priorities = priorities;
    this.#availability = availability;
    this.#random = random;
    this.#members = IndexSet.full(pieceCount);
    this.#unheld = pieceCount;
    this.log = new ChangeLog(pieceCount);
  }

  get isSequential(): boolean {
    return this.#isSequential;
  }

  /** How many candidates at least one connected peer has. */
  get reachableCount(): number {
    return this.#availability.seeds > 0 ? this.#members.count : this.#members.count - this.#unheld;
  }

  has(piece: number): boolean {
    return this.#members.has(piece);
  }

  insert(piece: number): void {
    if (!this.#members.add(piece)) return;
    if (this.#availability.holders(piece) === 0) this.#unheld++;
    this.#enter(piece);
  }

  remove(piece: number): void {
    if (!this.#members.delete(piece)) return;
    if (this.#availability.holders(piece) === 0) this.#unheld--;
    this.#order?.remove(piece);
  }

  /** Counts one holder of `piece` more or less, candidate or not. */
  changeHolders(piece: number, delta: 1 | -1): void {
    const isMember = this.#members.has(piece);
    if (isMember) this.remove(piece);
    this.#availability.changeHolders(piece, delta);
    if (isMember) this.insert(piece);
  }

  /** Gives a candidate another priority, which must not be 0. */
  changePriority(piece: number, priority: PiecePriority): void {
    this.#order?.remove(piece);
    this.#priorities.set(piece, priority);
    this.#enter(piece);
  }

  /** By piece number in place of rarity. */
  setSequential(isSequential: boolean): void {
    if (isSequential === this.#isSequential) return;
    this.#isSequential = isSequential;
    this.dropOrder();
  }

  /** The order, built where there is none. */
  order(): CandidateOrder {
    this.#order ??= this.#build();
    return this.#order;
  }

  /** Which order it is: another number for each one built. */
  get orderVersion(): number {
    return this.#orderVersion;
  }

  /** Frees the memory of the order and its log until the order is asked for again. */
  dropOrder(): void {
    this.#order = undefined;
    this.#orderVersion++;
    this.log.stop();
  }

  #enter(piece: number): void {
    if (this.#order === undefined) return;
    this.#order.insert(piece);
    this.log.add(piece);
  }

  #build(): CandidateOrder {
    const order = this.#isSequential
      ? new SequentialOrder(this.#pieceCount, this.#priorities)
      : new RarestOrder(this.#pieceCount, this.#priorities, this.#availability, this.#random);
    for (let piece = this.#members.next(0); piece >= 0; piece = this.#members.next(piece + 1)) {
      order.insert(piece);
    }
    return order;
  }
}
