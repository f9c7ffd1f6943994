import type { Clock } from '@peerloom/core/plugin';

/** How much a connection, or an address, is sent: so many times the whole metadata at once, */
interface Allowance {
  readonly wholeAtOnce: number;
  /** and one time more in each of these: choked peers get it too, so nothing else holds them back. */
  readonly wholeAgainAfterMs: number;
}

/** Some ask again where blocks did not fit together. */
const ofConnection: Allowance = { wholeAtOnce: 2, wholeAgainAfterMs: 600_000 };
/** Several peers may share an address. */
const ofAddress: Allowance = { wholeAtOnce: 16, wholeAgainAfterMs: 75_000 };
/** Of so many addresses it is remembered what they had; who had nothing for longest is forgotten for one more. */
const maxAddresses = 1024;

/** What is left of an {@link Allowance}. */
class Account {
  readonly #allowance: Allowance;
  /** Blocks that may be sent, as of `#atMs`; `undefined` before the first. */
  #blocks: number | undefined;
  #atMs = 0;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  /** Whether one block of `blockCount` may be sent. */
  hasBlock(nowMs: number, blockCount: number): boolean {
    const { wholeAtOnce, wholeAgainAfterMs } = this.#allowance;
    const most = blockCount * wholeAtOnce;
    const earned = ((nowMs - this.#atMs) * blockCount) / wholeAgainAfterMs;
    this.#blocks = Math.min(most, (this.#blocks ?? most) + earned);
    this.#atMs = nowMs;
    return this.#blocks >= 1;
  }

  takeBlock(): void {
    this.#blocks = (this.#blocks ?? 0) - 1;
  }
}

/**
 * How much of a torrent's metadata each connection may still be sent, and each address over all of its connections: to
 * connect again and again brings no more.
 */
export class ServingBudget {
  readonly #clock: Pick<Clock, 'now'>;
  /** Who had something last is last. */
  readonly #addresses = new Map<string, Account>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /**
   * What takes one block of `blockCount` off the budget of a new connection and of its address, or principal; it
   * returns false where there is none left.
   */
  connection(): (address: string, blockCount: number) => boolean {
    const own = new Account(ofConnection);
    return (address, blockCount) => {
      const nowMs = this.#clock.now();
      const shared = this.#addresses.get(address) ?? new Account(ofAddress);
      if (!own.hasBlock(nowMs, blockCount) || !shared.hasBlock(nowMs, blockCount)) return false;
      own.takeBlock();
      shared.takeBlock();
      this.#remember(address, shared);
      return true;
    };
  }

  #remember(address: string, account: Account): void {
    this.#addresses.delete(address);
    this.#addresses.set(address, account);
    if (this.#addresses.size <= maxAddresses) return;
    for (const oldest of this.#addresses.keys()) {
      this.#addresses.delete(oldest);
      return;
    }
  }
}
