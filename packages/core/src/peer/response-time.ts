/** What is left of the longest wait with each block that arrives sooner. */
const decay = 0.98;
/** How many times the longest wait is still no silence. */
const margin = 2;
/** Blocks that have to arrive before the measure is one. */
const minSamples = 4;

/**
 * How long one peer keeps us waiting for the next block, measured: the longest wait, slowly forgotten. It does
 * not change while nothing comes, as a rate does, so that silence can be told from slowness.
 */
export class ResponseTime {
  #samples = 0;
  #longestMs = 0;

  /** A block has arrived after so long: since it was asked for, or since the block before where that is later. */
  add(waitedMs: number): void {
    this.#samples++;
    this.#longestMs = Math.max(waitedMs, this.#longestMs * decay);
  }

  /** What it hardly ever takes longer than, from `minMs` to `maxMs`; the latter while too little is known. */
  timeoutMs(minMs: number, maxMs: number): number {
    if (this.#samples < minSamples) return maxMs;
    return Math.min(maxMs, Math.max(minMs, margin * this.#longestMs));
  }
}
