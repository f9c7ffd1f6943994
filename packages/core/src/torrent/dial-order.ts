import { IndexedHeap } from './indexed-heap.js';
import type { PeerRecord } from './peer-record.js';
import { sourceRank } from './peer-sources.js';

/**
 * Endpoints that may be dialled, in the order in which to do so: fewest failures first, then those whose
 * source is best, then who was tried longest ago, then who came first. What has to wait is kept apart.
 */
export class DialOrder {
  readonly #waiting = new IndexedHeap<PeerRecord>((a, b) => a.nextAttemptMs < b.nextAttemptMs);
  readonly #seeds = new IndexedHeap<PeerRecord>(isDialledBefore);
  readonly #others = new IndexedHeap<PeerRecord>(isDialledBefore);

  add(record: PeerRecord): void {
    this.#waiting.add(record);
  }

  delete(record: PeerRecord): void {
    if (this.#waiting.delete(record) || this.#others.delete(record)) return;
    this.#seeds.delete(record);
  }

  /** The first of those that are due, which stays; `undefined` where there is none. */
  next(nowMs: number, { skipSeeds }: { readonly skipSeeds: boolean }): PeerRecord | undefined {
    for (;;) {
      const due = this.#waiting.peek();
      if (due === undefined || due.nextAttemptMs > nowMs) break;
      this.#waiting.delete(due);
      if (due.flags.isSeed === true) this.#seeds.add(due);
      else this.#others.add(due);
    }
    const other = this.#others.peek();
    const seed = skipSeeds ? undefined : this.#seeds.peek();
    if (other === undefined || seed === undefined) return other ?? seed;
    return isDialledBefore(seed, other) ? seed : other;
  }
}

function isDialledBefore(a: PeerRecord, b: PeerRecord): boolean {
  if (a.failureCount !== b.failureCount) return a.failureCount < b.failureCount;
  const byRank = sourceRank(a.source) - sourceRank(b.source);
  if (byRank !== 0) return byRank < 0;
  if (a.lastClosedMs !== b.lastClosedMs) return a.lastClosedMs < b.lastClosedMs;
  return a.sequence < b.sequence;
}
