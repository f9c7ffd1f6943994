import { blockLength } from '../common/block.js';
import { BandwidthShare, type ShareOwner } from './bandwidth-share.js';
import { LeastLimit } from './least-limit.js';
import { RateLimit } from './rate-limit.js';

/** A turn has room for a block with its header and for some small messages before it. */
const turnBytes = blockLength + 1024;

/** What a group is part of. */
export interface GroupOwner {
  /** Whether the whole is limited. */
  readonly isLimited: boolean;
  /** Of the whole; infinity where there is no limit. */
  readonly lowestBytesPerSecond: number;
  /** Takes the right to move bytes now; false where that has to wait. */
  tryTake(group: RateLimit, share: RateLimit, bytes: number): boolean;
  /** Bytes move, allowed or not. */
  charge(group: RateLimit, share: RateLimit, bytes: number): void;
  /** Sets a limit. */
  change(limit: RateLimit, bytesPerSecond: number): void;
  /** One more in the group waits. */
  enter(group: BandwidthGroup, share: RateLimit): void;
  /** Nobody in the group waits any more. */
  leave(group: BandwidthGroup): void;
}

/** One way of a torrent's traffic. */
export class BandwidthGroup implements ShareOwner {
  readonly limit = new RateLimit();
  #setters: LeastLimit | undefined;
  readonly #owner: GroupOwner;
  /** In order of their turns. */
  readonly #waiting = new Set<BandwidthShare>();
  /** Whose turn it is, and what is left of it. */
  #current: BandwidthShare | undefined;
  #turnBytes = 0;

  constructor(owner: GroupOwner) {
    this.#owner = owner;
  }

  /**
   * Bytes a second over all connections of the torrent; 0: no limit of its own. The least holds of what the application and each
   * `setter` says.
   */
  setLimit(bytesPerSecond: number, setter?: object): void {
    this.#setters ??= new LeastLimit();
    this.#setters.set(bytesPerSecond, setter);
    this.#owner.change(this.limit, this.#setters.least);
  }

  get isLimited(): boolean {
    return this.limit.isLimited || this.#owner.isLimited;
  }

  get lowestBytesPerSecond(): number {
    const own = this.limit.isLimited ? this.limit.bytesPerSecond : Number.POSITIVE_INFINITY;
    return Math.min(own, this.#owner.lowestBytesPerSecond);
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** The part of one connection. `onServed` is called when bytes that had to wait may move. */
  share(onServed: (bytes: number) => void): BandwidthShare {
    return new BandwidthShare(this, onServed);
  }

  tryTake(share: RateLimit, bytes: number): boolean {
    return this.#owner.tryTake(this.limit, share, bytes);
  }

  charge(share: RateLimit, bytes: number): void {
    this.#owner.charge(this.limit, share, bytes);
  }

  change(limit: RateLimit, bytesPerSecond: number): void {
    this.#owner.change(limit, bytesPerSecond);
  }

  enter(share: BandwidthShare): void {
    this.#waiting.add(share);
    this.#owner.enter(this, share.limit);
  }

  leave(share: BandwidthShare): void {
    if (this.#current === share) this.#current = undefined;
    if (this.#waiting.delete(share) && this.#waiting.size === 0) this.#owner.leave(this);
  }

  /** Whether one who waits may move bytes, as far as this group is concerned. */
  mayServe(nowMs: number): boolean {
    if (!this.limit.isOpen(nowMs)) return false;
    for (const share of this.#waiting) if (share.limit.isOpen(nowMs)) return true;
    return false;
  }

  /** Takes out the next one whose turn it is and who may move bytes, where there is one. */
  next(nowMs: number): BandwidthShare | undefined {
    if (!this.limit.isOpen(nowMs)) return undefined;
    const share = this.#sameAgain(nowMs) ?? this.#nextInCircle(nowMs);
    if (share === undefined) return undefined;
    this.#waiting.delete(share);
    this.#turnBytes -= share.wantedBytes;
    return share;
  }

  /**
   * A turn lasts for a block: moved in parts of each, the blocks of all would be complete at the same time.
   * Whoever moves whole ones has had its turn with one.
   */
  #sameAgain(nowMs: number): BandwidthShare | undefined {
    const share = this.#current;
    if (share === undefined || this.#turnBytes <= 0 || !this.#waiting.has(share)) return undefined;
    if (share.wantedBytes >= blockLength) return undefined;
    return share.limit.isOpen(nowMs) ? share : undefined;
  }

  #nextInCircle(nowMs: number): BandwidthShare | undefined {
    for (const share of this.#waiting) {
      if (!share.limit.isOpen(nowMs)) continue;
      this.#current = share;
      this.#turnBytes = turnBytes;
      return share;
    }
    return undefined;
  }

  /** Milliseconds until one who waits may move bytes, as far as this group is concerned. */
  waitMs(nowMs: number): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (const share of this.#waiting) shortest = Math.min(shortest, share.limit.waitMs(nowMs));
    return Math.max(shortest, this.limit.waitMs(nowMs));
  }
}
