import { LeastLimit } from './least-limit.js';
import { RateLimit } from './rate-limit.js';

/** A turn moves what takes about this long at the lowest limit. */
const portionSeconds = 0.01;
const minPortionBytes = 256;
const maxPortionBytes = 128 * 1024;

/** What a share is part of. */
export interface ShareOwner {
  /** Whether anything but the share's own limit limits it. */
  readonly isLimited: boolean;
  /** The lowest of these limits; infinity where there is none. */
  readonly lowestBytesPerSecond: number;
  /** Takes the right to move bytes now; false where that has to wait. */
  tryTake(share: RateLimit, bytes: number): boolean;
  /** Bytes move, allowed or not. */
  charge(share: RateLimit, bytes: number): void;
  /** Sets a limit. */
  change(limit: RateLimit, bytesPerSecond: number): void;
  /** The share waits for its turn. */
  enter(share: BandwidthShare): void;
  /** The share does not wait any more. */
  leave(share: BandwidthShare): void;
}

/** One way of one connection's traffic. */
export class BandwidthShare {
  readonly limit = new RateLimit();
  #setters: LeastLimit | undefined;
  readonly #owner: ShareOwner;
  readonly #onServed: (bytes: number) => void;
  #wantedBytes = 0;

  /** `onServed` is called when bytes that had to wait may move. */
  constructor(owner: ShareOwner, onServed: (bytes: number) => void) {
    this.#owner = owner;
    this.#onServed = onServed;
  }

  /**
   * Bytes a second over this connection; 0: no limit of its own. The least holds of what the application and each
   * `setter` says.
   */
  setLimit(bytesPerSecond: number, setter?: object): void {
    this.#setters ??= new LeastLimit();
    this.#setters.set(bytesPerSecond, setter);
    this.#owner.change(this.limit, this.#setters.least);
  }

  /** Whether anything limits it. Otherwise nothing need be asked. */
  get isLimited(): boolean {
    return this.limit.isLimited || this.#owner.isLimited;
  }

  /** What is waited for; 0 where nothing is. */
  get wantedBytes(): number {
    return this.#wantedBytes;
  }

  get isWaiting(): boolean {
    return this.#wantedBytes > 0;
  }

  /** What to move in one turn, at most, where that is free to choose: little enough to be even. */
  get portionBytes(): number {
    const own = this.limit.isLimited ? this.limit.bytesPerSecond : Number.POSITIVE_INFINITY;
    const lowest = Math.min(own, this.#owner.lowestBytesPerSecond);
    return Math.max(minPortionBytes, Math.min(maxPortionBytes, Math.floor(lowest * portionSeconds)));
  }

  /** Takes the right to move `bytes`. Where false is returned `onServed` tells when they may move. */
  take(bytes: number): boolean {
    if (this.isWaiting) return false;
    if (this.#owner.tryTake(this.limit, bytes)) return true;
    this.#wantedBytes = bytes;
    this.#owner.enter(this);
    return false;
  }

  /** Bytes move without being asked for: what is asked for next waits the longer. */
  charge(bytes: number): void {
    this.#owner.charge(this.limit, bytes);
  }

  /** Nothing is waited for any more. */
  cancel(): void {
    if (!this.isWaiting) return;
    this.#wantedBytes = 0;
    this.#owner.leave(this);
  }

  /** It is this one's turn. */
  serve(): void {
    const bytes = this.#wantedBytes;
    this.#wantedBytes = 0;
    this.charge(bytes);
    this.#onServed(bytes);
  }
}
