import type { Clock } from '../ports/clock.js';
import type { Settings } from '../settings/settings-table.js';
import type { Dialler } from '../torrent/torrent-environment.js';
import { DialBudget } from './dial-budget.js';

/** Shares the dials of a session among its torrents: one each in turn, boosted torrents before others. */
export class DialTurns {
  readonly #clock: Clock;
  readonly #budget: DialBudget;
  readonly #hasRoom: () => boolean;
  /** Who wants dials, the next one first. */
  readonly #boosted = new Set<Dialler>();
  readonly #others = new Set<Dialler>();
  #isScheduled = false;

  /** `hasRoom`: whether there may be one more connection at all. */
  constructor(clock: Clock, settings: Settings, hasRoom: () => boolean) {
    this.#clock = clock;
    this.#budget = new DialBudget(settings);
    this.#hasRoom = hasRoom;
  }

  /** Dials for it from the end of this turn on, until it wants no more. */
  request(dialler: Dialler): void {
    if (!this.#boosted.has(dialler) && !this.#others.has(dialler)) this.#enqueue(dialler);
    this.resume();
  }

  /** Who is boosted may have changed. */
  reorder(): void {
    const diallers = [...this.#boosted, ...this.#others];
    this.#boosted.clear();
    this.#others.clear();
    for (const dialler of diallers) this.#enqueue(dialler);
    this.resume();
  }

  /** There may be more rights to dial: goes on at the end of this turn. */
  resume(): void {
    if (this.#isScheduled || this.#boosted.size + this.#others.size === 0) return;
    this.#isScheduled = true;
    this.#clock.setImmediate(() => {
      this.#isScheduled = false;
      this.#run(this.#boosted, true);
      this.#run(this.#others, false);
    });
  }

  started(connectionId: number): void {
    this.#budget.started(connectionId);
  }

  /** The connection is open, or has failed. */
  settled(connectionId: number): void {
    this.#budget.settled(connectionId);
    this.resume();
  }

  #run(queue: Set<Dialler>, isBoosted: boolean): void {
    for (;;) {
      const [dialler] = queue;
      if (dialler === undefined) return;
      if (!dialler.wantsDial) {
        queue.delete(dialler);
        continue;
      }
      if (!this.#hasRoom() || !this.#budget.take(this.#clock.now(), isBoosted)) return;
      queue.delete(dialler);
      dialler.dialNext();
      this.#enqueue(dialler);
    }
  }

  #enqueue(dialler: Dialler): void {
    const queue = dialler.isBoosted ? this.#boosted : this.#others;
    queue.add(dialler);
  }
}
