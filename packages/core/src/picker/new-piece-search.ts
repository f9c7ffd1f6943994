import type { Bitfield } from '../common/bitfield.js';
import type { Random } from '../ports/random.js';
import type { CandidateOrder } from './candidate-order.js';
import type { Candidates } from './candidates.js';
import type { Priorities } from './priorities.js';

/** Whether the peer that is picked for may be given a candidate that it has. */
export interface CandidateFilter {
  accepts(piece: number): boolean;
}

/** Misses after which what a walk learned about a peer is worth keeping. */
const quickSteps = 64;
/** Exceptions kept beside a frontier. */
const maxExceptions = 64;

/**
 * What is known of a peer that lacks what comes first in the order: as of `position` in the change log,
 * it has no candidate with a key below `key` but the exceptions. A walk for it starts at `key`.
 */
class Frontier {
  readonly exceptions: number[] = [];
  readonly orderVersion: number;
  key = 0;
  position: number;

  constructor(orderVersion: number, position: number) {
    this.orderVersion = orderVersion;
    this.position = position;
  }
}

/**
 * Finds the first candidate, in the order, that a peer has.
 *
 * A walk down the order ends after few steps where the peer has a fair share of what is rare. Where it
 * has not, walking over the same pieces again and again would make each decision O(pieces), so what one
 * walk passed over is remembered: later ones start behind it, and look only at candidates that entered
 * or moved since. A peer with few pieces is searched by its own pieces. So a peer costs one sweep over
 * the candidates at most, and then the changes since its last search.
 */
export class NewPieceSearch {
  readonly #candidates: Candidates;
  readonly #priorities: Priorities;
  readonly #random: Random;
  // By the set of what a peer has: gone with the peer.
  readonly #frontiers = new WeakMap<Bitfield, Frontier>();

  constructor(candidates: Candidates, priorities: Priorities, random: Random) {
    this.#candidates = candidates;
    this.#priorities = priorities;
    this.#random = random;
  }

  /**
   * The first candidate of a priority above `minPriority` that is in `has` and that the filter accepts,
   * one of its equals by chance; -1 where there is none. A piece that comes into `has` after the first
   * search must have been counted as available, unless `has` is full by then.
   */
  find(has: Bitfield, minPriority: number, filter: CandidateFilter): number {
    const order = this.#candidates.order();
    if (order.topPriority <= minPriority) return -1;
    const frontier = has.isFull ? undefined : this.#frontiers.get(has);
    if (frontier !== undefined) {
      if (this.#catchUp(frontier, order, has)) {
        return this.#findBehind(frontier, order, has, minPriority, filter);
      }
      this.#frontiers.delete(has);
    }
    return this.#walk(order, has, undefined, minPriority, filter);
  }

  #findBehind(
    frontier: Frontier,
    order: CandidateOrder,
    has: Bitfield,
    minPriority: number,
    filter: CandidateFilter,
  ): number {
    const exception = this.#bestException(frontier, order, has, minPriority, filter);
    return exception >= 0 ? exception : this.#walk(order, has, frontier, minPriority, filter);
  }

  #walk(
    order: CandidateOrder,
    has: Bitfield,
    frontier: Frontier | undefined,
    minPriority: number,
    filter: CandidateFilter,
  ): number {
    let found = -1;
    let misses = 0;
    let refused: number[] | undefined;
    order.seek(frontier?.key ?? 0);
    for (let piece = order.next(); piece >= 0; piece = order.next()) {
      if (this.#priorities.of(piece) <= minPriority) break;
      if (has.has(piece)) {
        if (filter.accepts(piece)) {
          found = piece;
          break;
        }
        refused ??= [];
        refused.push(piece);
      }
      misses++;
      if (misses === quickSteps && frontier === undefined && has.count <= maxExceptions) {
        return this.#findBehind(this.#surveyFew(has), order, has, minPriority, filter);
      }
    }
    if (!has.isFull && misses >= quickSteps) this.#remember(frontier, order, has, refused);
    return found;
  }

  /** Keeps what a walk has shown: nothing of use comes before where it stands but what was refused. */
  #remember(
    known: Frontier | undefined,
    order: CandidateOrder,
    has: Bitfield,
    refused: readonly number[] = [],
  ): void {
    const reached = order.reached;
    const passed = refused.filter((piece) => order.keyOf(piece) < reached);
    if ((known?.exceptions.length ?? 0) + passed.length > maxExceptions) return;
    const frontier = known ?? this.#newFrontier(has);
    frontier.key = reached;
    frontier.exceptions.push(...passed);
  }

  /** For a peer with few pieces: all of them are exceptions, and nothing is left to walk. */
  #surveyFew(has: Bitfield): Frontier {
    const frontier = this.#newFrontier(has);
    frontier.key = Number.POSITIVE_INFINITY;
    has.forEach((piece) => {
      frontier.exceptions.push(piece);
    });
    return frontier;
  }

  #newFrontier(has: Bitfield): Frontier {
    const { log, orderVersion } = this.#candidates;
    log.start();
    const frontier = new Frontier(orderVersion, log.end);
    this.#frontiers.set(has, frontier);
    return frontier;
  }

  /** Takes in what entered or moved since; false where that is too much, or of another order. */
  #catchUp(frontier: Frontier, order: CandidateOrder, has: Bitfield): boolean {
    const { log, orderVersion } = this.#candidates;
    const { exceptions } = frontier;
    if (frontier.orderVersion !== orderVersion || !log.keepsFrom(frontier.position)) return false;
    for (; frontier.position < log.end; frontier.position++) {
      const piece = log.at(frontier.position);
      if (!this.#candidates.has(piece) || !has.has(piece) || order.keyOf(piece) >= frontier.key) continue;
      if (exceptions.includes(piece)) continue;
      if (exceptions.length === maxExceptions) return false;
      exceptions.push(piece);
    }
    return true;
  }

  /** The first exception that may be given, one of its equals by chance; forgets those that are none now. */
  #bestException(
    frontier: Frontier,
    order: CandidateOrder,
    has: Bitfield,
    minPriority: number,
    filter: CandidateFilter,
  ): number {
    const { exceptions } = frontier;
    let best = -1;
    let bestKey = Number.POSITIVE_INFINITY;
    let equals = 0;
    let kept = 0;
    for (const piece of exceptions) {
      if (!this.#candidates.has(piece) || !has.has(piece)) continue;
      const key = order.keyOf(piece);
      if (key >= frontier.key) continue;
      exceptions[kept++] = piece;
      if (key > bestKey || this.#priorities.of(piece) <= minPriority || !filter.accepts(piece)) continue;
      equals = key === bestKey ? equals + 1 : 1;
      bestKey = key;
      if (equals === 1 || this.#random.integer(equals) === 0) best = piece;
    }
    exceptions.length = kept;
    return best;
  }
}
