import type { Settings } from '../settings/settings-table.js';
import { IndexedHeap } from '../torrent/indexed-heap.js';
import type { CheckScheduler } from '../torrent/torrent-environment.js';

/** A check that waits. */
interface Turn {
  readonly infoHash: string;
  /** How many came before: the first of those that rank alike goes first. */
  readonly sequence: number;
  /** What to call with whether the check may run. */
  readonly start: (mayRun: boolean) => void;
}

/** Lets few checks of files run at once; of those that wait, the first in the queue comes first. */
export class CheckTurns implements CheckScheduler {
  readonly #settings: Settings;
  readonly #waiting = new Map<string, Turn>();
  readonly #order: IndexedHeap<Turn>;
  #running = 0;
  #sequence = 0;

  /** `rankOf`: lower ones first. How two that wait compare may change within {@link move} only. */
  constructor(settings: Settings, rankOf: (infoHash: string) => number) {
    this.#settings = settings;
    this.#order = new IndexedHeap((a, b) => {
      const difference = rankOf(a.infoHash) - rankOf(b.infoHash);
      return difference === 0 ? a.sequence < b.sequence : difference < 0;
    });
  }

  isWaiting(infoHash: string): boolean {
    return this.#waiting.has(infoHash);
  }

  async run(infoHash: string, check: () => Promise<void>): Promise<boolean> {
    if (this.#running < this.#settings.maxActiveChecks) this.#running++;
    else if (!(await this.#wait(infoHash))) return false;
    try {
      await check();
    } finally {
      this.#running--;
      this.startMore();
    }
    return true;
  }

  #wait(infoHash: string): Promise<boolean> {
    return new Promise((start) => {
      const turn = { infoHash, sequence: this.#sequence++, start };
      this.#waiting.set(infoHash, turn);
      this.#order.add(turn);
    });
  }

  leave(infoHash: string): void {
    this.#end(this.#waiting.get(infoHash), false);
  }

  /** Calls `change`, which gives a torrent another rank. O(log n) beside that. */
  move(infoHash: string, change: () => void): void {
    const turn = this.#waiting.get(infoHash);
    if (turn) this.#order.delete(turn);
    change();
    if (turn) this.#order.add(turn);
  }

  /** Starts those whose turn it is, as far as there is room. */
  startMore(): void {
    while (this.#waiting.size > 0 && this.#running < this.#settings.maxActiveChecks) {
      this.#running++;
      this.#end(this.#order.peek(), true);
    }
  }

  #end(turn: Turn | undefined, mayRun: boolean): void {
    if (turn === undefined) return;
    this.#waiting.delete(turn.infoHash);
    this.#order.delete(turn);
    turn.start(mayRun);
  }
}
