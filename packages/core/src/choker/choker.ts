import type { Random } from '../ports/random.js';
import type { ChokerOptions, ChokerPeer } from './choker-peer.js';
import { byReciprocation, byTurn, type Ranking, waitingSinceMs } from './ranking.js';

export type { ChokerOptions, ChokerPeer };

/** One slot of this many is optimistic. */
const slotsPerOptimistic = 5;
/** For this long after it connected a peer is a newcomer: three optimistic rounds of 30 s. */
const newcomerMs = 90_000;
/** How much likelier a newcomer is to get an optimistic slot (BEP 3). */
const newcomerWeight = 3;

/** The outcome of a choking round. */
export interface ChokerDecision<P> {
  /** Who is to be unchoked now, optimistic ones included; everybody else is choked. */
  readonly unchoke: ReadonlySet<P>;
  /** Who of them has an optimistic slot. */
  readonly optimistic: ReadonlySet<P>;
}

/**
 * Decides whom to upload to. Slots go to the interested peers that send us most, or, when seeding, to
 * each in turn; one slot in five, and at least one, goes to a peer by chance, so that better ones are
 * found and newcomers can start (BEP 3), or, when seeding, to who has waited longest. A snubbed peer gets an optimistic slot only, unless a plugin
 * gives it a priority above 0.
 */
export class Choker<P extends ChokerPeer> {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * Which peers should be unchoked now; the caller applies the difference. O(n log n) for n peers, plus
   * O(n) for each optimistic slot.
   */
  decide(peers: readonly P[], options: ChokerOptions): ChokerDecision<P> {
    const eligible = peers.filter((peer) => peer.canUnchoke && peer.isInterested);
    const slots = Math.max(0, Math.min(options.slots, eligible.length));
    const reserved = Math.max(1, Math.floor(options.slots / slotsPerOptimistic));
    const regularSlots = eligible.length > options.slots ? slots - reserved : slots;
    const unchoke = new Set(this.#rank(eligible, options).slice(0, Math.max(0, regularSlots)));
    const others = eligible.filter((peer) => !unchoke.has(peer));
    const optimistic = this.#chooseOptimistic(others, slots - unchoke.size, options);
    for (const peer of optimistic) unchoke.add(peer);
    return { unchoke, optimistic };
  }

  /** The peers that may have a regular slot, best first, equals in random order. */
  #rank(eligible: readonly P[], options: ChokerOptions): P[] {
    const ranking: Ranking = options.isSeeding ? byTurn(options) : byReciprocation(options);
    const isRegular = (peer: P): boolean => options.isSeeding || !peer.isSnubbed || (peer.priority ?? 0) > 0;
    return this.#shuffle(eligible.filter(isRegular)).sort(ranking);
  }

  /** Those who have an optimistic slot keep it until the rotation; then others come first. */
  #chooseOptimistic(others: readonly P[], slots: number, options: ChokerOptions): Set<P> {
    const current = others.filter((peer) => peer.isOptimistic);
    const waiting = others.filter((peer) => !peer.isOptimistic);
    const first = options.rotateOptimistic ? this.#next(waiting, slots, options) : current.slice(0, slots);
    const rest = options.rotateOptimistic ? current : waiting;
    return new Set([...first, ...this.#next(rest, slots - first.length, options)]);
  }

  /** By chance, newcomers sooner; when seeding who has waited longest, so that everybody has a turn. */
  #next(peers: readonly P[], count: number, { isSeeding, nowMs }: ChokerOptions): readonly P[] {
    if (!isSeeding)
      return this.#draw(peers, count, ({ connectedAtMs }) => nowMs - connectedAtMs < newcomerMs);
    const byWait = this.#shuffle(peers).sort((a, b) => waitingSinceMs(a) - waitingSinceMs(b));
    return byWait.slice(0, Math.max(0, count));
  }

  /** Up to `count` of the peers by chance, those that `isFavoured` with three times the weight. */
  #draw(peers: readonly P[], count: number, isFavoured: (peer: P) => boolean): P[] {
    const left = [...peers];
    const weightOf = (peer: P): number => (isFavoured(peer) ? newcomerWeight : 1);
    const drawn: P[] = [];
    while (drawn.length < count && left.length > 0) {
      const total = left.reduce((sum, peer) => sum + weightOf(peer), 0);
      let ticket = this.#random.integer(total);
      const index = left.findIndex((peer) => {
        ticket -= weightOf(peer);
        return ticket < 0;
      });
      drawn.push(...left.splice(index, 1));
    }
    return drawn;
  }

  #shuffle(peers: readonly P[]): P[] {
    const shuffled: P[] = [];
    for (const peer of peers) {
      const index = this.#random.integer(shuffled.length + 1);
      const displaced = shuffled[index];
      if (displaced !== undefined) shuffled.push(displaced);
      shuffled[index] = peer;
    }
    return shuffled;
  }
}
