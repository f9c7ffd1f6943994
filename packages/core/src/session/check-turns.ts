import type { Settings } from '../settings/settings-table.js';
import type { CheckScheduler } from '../torrent/torrent-environment.js';

/** Lets few checks of files run at once; of those that wait, the first in the queue comes first. */
export class CheckTurns implements CheckScheduler {
  readonly #settings: Settings;
  readonly #rankOf: (infoHash: string) => number;
  /** What to call with whether the check may run, by infohash. */
  readonly #waiting = new Map<string, (mayRun: boolean) => void>();
  #running = 0;

  /** `rankOf`: lower ones first. */
  constructor(settings: Settings, rankOf: (infoHash: string) => number) {
    this.#settings = settings;
    this.#rankOf = rankOf;
  }

  isWaiting(infoHash: string): boolean {
    return this.#waiting.has(infoHash);
  }

  async run(infoHash: string, check: () => Promise<void>): Promise<boolean> {
    if (this.#running < this.#settings.maxActiveChecks) this.#running++;
    else if (!(await new Promise<boolean>((start) => this.#waiting.set(infoHash, start)))) return false;
    try {
      await check();
    } finally {
      this.#running--;
      this.startMore();
    }
    return true;
  }

  leave(infoHash: string): void {
    const start = this.#waiting.get(infoHash);
    this.#waiting.delete(infoHash);
    start?.(false);
  }

  /** Starts those whose turn it is, as far as there is room. */
  startMore(): void {
    while (this.#waiting.size > 0 && this.#running < this.#settings.maxActiveChecks) {
      let next = '';
      let lowest = Number.POSITIVE_INFINITY;
      for (const infoHash of this.#waiting.keys()) {
        const rank = this.#rankOf(infoHash);
        if (rank >= lowest) continue;
        next = infoHash;
        lowest = rank;
      }
      const start = this.#waiting.get(next);
      this.#waiting.delete(next);
      this.#running++;
      start?.(true);
    }
  }
}
