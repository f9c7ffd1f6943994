const windowMs = 1_000;

/**
 * A rate over the last second, from a count that only rises. The engine's own rates look back further,
 * longer than an example swarm may last.
 */
export class RateWindow {
  readonly #samples: { readonly timeMs: number; readonly count: number }[] = [];

  /** Takes the count at a time, in milliseconds; gives the rate a second up to then. */
  sample(timeMs: number, count: number): number {
    this.#samples.push({ timeMs, count });
    while ((this.#samples[1]?.timeMs ?? timeMs) <= timeMs - windowMs) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || first.timeMs === timeMs) return 0;
    return ((count - first.count) * 1000) / (timeMs - first.timeMs);
  }
}
