import type { Settings } from '../settings/settings-table.js';

/** How many connections may be dialled: at one time, and a second. */
export class DialBudget {
  readonly #settings: Settings;
  readonly #underWay = new Set<number>();
  #tokens: number;
  #refilledAtMs = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#tokens = settings.connectionSpeed;
  }

  /** Takes the right to dial once; false where there is none now. `isBoosted`: whatever the speed. */
  take(nowMs: number, isBoosted = false): boolean {
    const { connectionSpeed, maxHalfOpen } = this.#settings;
    const earned = ((nowMs - this.#refilledAtMs) / 1000) * connectionSpeed;
    this.#tokens = Math.min(connectionSpeed, this.#tokens + earned);
    this.#refilledAtMs = nowMs;
    if (this.#underWay.size >= maxHalfOpen) return false;
    if (isBoosted) return true;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  started(connectionId: number): void {
    this.#underWay.add(connectionId);
  }

  /** The connection is open, or has failed. */
  settled(connectionId: number): void {
    this.#underWay.delete(connectionId);
  }
}
