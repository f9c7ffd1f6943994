import type { Random } from '@peerloom/core/plugin';

/** Trackers by tier, in the order in which they are tried (BEP 12). */
export class TierList<T> {
  readonly #tiers: readonly T[][];

  /** Shuffles each tier. */
  constructor(tiers: readonly (readonly T[])[], random: Random) {
    this.#tiers = tiers.map((tier) => shuffled(tier, random));
  }

  /** All, in order. */
  all(): readonly T[] {
    return this.#tiers.flat();
  }

  /** It works: from now on it is the first of its tier. */
  promote(item: T): void {
    const tier = this.#tiers.find((candidate) => candidate.includes(item));
    if (tier === undefined || tier[0] === item) return;
    tier.splice(tier.indexOf(item), 1);
    tier.unshift(item);
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(random.integer(rest.length), 1));
  return order;
}
