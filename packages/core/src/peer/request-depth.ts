import { blockLength } from '../common/block.js';

const startBlocks = 4;
const minBlocks = 4;

/**
 * How many requests to keep outstanding with one peer: what it delivers in the queue time, measured. At
 * first unknown, the depth grows by one with each block, which doubles it a round trip, until the rate no
 * longer grows.
 */
export class RequestDepth {
  #isSlowStart = true;
  #slowStartBlocks = startBlocks;
  #previousRate = 0;

  /** A block has arrived. */
  onBlock(): void {
    if (this.#isSlowStart) this.#slowStartBlocks++;
  }

  /** Once a second: leaves slow start when the rate has stopped growing. */
  tick(rateBytesPerSecond: number): void {
    if (this.#isSlowStart && this.#previousRate > 0 && rateBytesPerSecond < this.#previousRate * 1.1) {
      this.#isSlowStart = false;
    }
    this.#previousRate = rateBytesPerSecond;
  }

  /** Requests to have outstanding, at least a few and at most `max`. */
  blocks(rateBytesPerSecond: number, queueTimeMs: number, max: number): number {
    const measured = Math.ceil((rateBytesPerSecond * queueTimeMs) / 1000 / blockLength);
    const depth = this.#isSlowStart ? Math.max(measured, this.#slowStartBlocks) : measured;
    return Math.max(1, Math.min(max, Math.max(minBlocks, depth)));
  }
}
