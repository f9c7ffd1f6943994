import type { BandwidthShare } from '../bandwidth/bandwidth-share.js';
import { concatBytes, copyBytes } from '../common/bytes.js';

/** What the throttle asks of the stream. */
export interface ThrottleOwner {
  readonly isClosed: boolean;
  /** Whether the connection still opens: what comes then passes at once, for the remote waits for our answer. */
  readonly isOpening: boolean;
  /** Whether received bytes can't be dealt with now; `resume` is called when they can. */
  readonly isStalled: boolean;
  /** Deals with bytes that were received. */
  take(bytes: Uint8Array): void;
  /** Whether bytes wait has changed. */
  waitingChanged(): void;
}

/**
 * Holds back what one connection has received while a rate limit is used up. The stream is not read
 * meanwhile, so that the remote slows down; it is one read that is kept here at most.
 */
export class ReceiveThrottle {
  readonly #share: BandwidthShare;
  readonly #owner: ThrottleOwner;
  #rest: Uint8Array | undefined;

  constructor(share: BandwidthShare, owner: ThrottleOwner) {
    this.#share = share;
    this.#owner = owner;
  }

  /** Whether bytes wait here: then nothing more should be read. */
  get isWaiting(): boolean {
    return this.#rest !== undefined;
  }

  /** Whether every chunk has to go through `push`. */
  get isActive(): boolean {
    return this.#rest !== undefined || this.#share.isLimited;
  }

  /** Bytes from the medium, valid during the call. */
  push(chunk: Uint8Array): void {
    if (this.#rest !== undefined) {
      this.#rest = concatBytes(this.#rest, chunk);
      return;
    }
    const rest = this.#pass(chunk);
    if (rest === undefined) return;
    this.#rest = copyBytes(rest);
    this.#owner.waitingChanged();
  }

  /** So many bytes may pass now; or none in particular, but what kept them has gone. */
  resume(allowedBytes = 0): void {
    const rest = this.#rest;
    if (rest === undefined || this.#owner.isClosed) return;
    if (allowedBytes > 0) this.#owner.take(rest.subarray(0, allowedBytes));
    if (this.#owner.isClosed) return;
    this.#rest = this.#pass(rest.subarray(allowedBytes));
    if (this.#rest === undefined) this.#owner.waitingChanged();
  }

  /** Passes on what may pass; the result is what may not yet, where there is some. */
  #pass(bytes: Uint8Array): Uint8Array | undefined {
    let rest = bytes;
    while (rest.length > 0 && !this.#owner.isClosed) {
      if (this.#owner.isStalled) return rest;
      const length = this.#share.isLimited ? Math.min(rest.length, this.#share.portionBytes) : rest.length;
      if (this.#share.isLimited && !this.#mayPass(length)) return rest;
      this.#owner.take(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return undefined;
  }

  #mayPass(bytes: number): boolean {
    if (!this.#owner.isOpening) return this.#share.take(bytes);
    this.#share.charge(bytes);
    return true;
  }

  close(): void {
    this.#rest = undefined;
    this.#share.cancel();
  }
}
