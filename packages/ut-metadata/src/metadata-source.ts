import type { Attempt } from './attempt.js';

/** What a peer did that an honest one on a sound connection does not. */
export type MetadataFault =
  /** Sent a block, or refused one, that it was not asked for. */
  | 'unasked'
  /** Said another size than before, or one past the limit. */
  | 'size'
  /** Sent a block of the wrong length. */
  | 'length'
  /** Did not answer in time. */
  | 'silent'
  /** Sent everything, and it does not hash to the infohash. */
  | 'hash';

/** Requests to one peer that are not answered (BEP 9 names no figure). */
const maxAskedBlocks = 2;
const requestTimeoutMs = 15_000;
const shortestBackOffMs = 10_000;
const longestBackOffMs = 600_000;

/** One peer that may have the metadata, and what is known of it. */
export class MetadataSource {
  /** Sends a request; false where it cannot be sent. */
  readonly #request: (block: number) => boolean;
  /** Blocks asked for, and when. */
  readonly #asked = new Map<number, number>();
  /** Blocks that were asked for and not sent in time; they may still come. Each once, so they are few. */
  readonly #late = new Set<number>();
  /** Until then it is not asked, unless what it owes has come before. */
  #backOffUntilMs = Number.NEGATIVE_INFINITY;
  /** Until then it is not asked. */
  #restUntilMs = Number.NEGATIVE_INFINITY;
  /** Size of the metadata, as it says; `undefined` where it has said none. */
  claimedBytes: number | undefined;
  /** What its blocks go into. */
  attempt: Attempt<MetadataSource> | undefined;
  /** Where it is, however it connected; the same for one that connects again. */
  readonly address: string | undefined;
  /** Times that it disappointed: each makes the next back-off longer. */
  failures = 0;
  /** Number in the line of those that are to be asked, lowest first. */
  turn = 0;
  /** It is not asked again: what it has is wrong, or too large. */
  isExcluded = false;

  constructor(request: (block: number) => boolean, address?: string) {
    this.#request = request;
    this.address = address;
  }

  /** Whether it may be asked for anything. */
  isUsable(nowMs: number): boolean {
    return !this.isExcluded && nowMs >= this.#backOffUntilMs && nowMs >= this.#restUntilMs;
  }

  /** Whether it may be asked for one more block. */
  hasRoom(nowMs: number): boolean {
    return this.isUsable(nowMs) && this.#asked.size < maxAskedBlocks;
  }

  /** Whether anything that it was asked for is to come. */
  get isAsked(): boolean {
    return this.#asked.size > 0;
  }

  /** Whether it is asked for the block. */
  isAskedFor(block: number): boolean {
    return this.#asked.has(block);
  }

  /** Asks for a block. False where that cannot be sent. */
  ask(block: number, nowMs: number): boolean {
    this.#asked.set(block, nowMs);
    if (this.#request(block)) return true;
    this.#asked.delete(block);
    return false;
  }

  /** It has answered for a block. False where it was not asked for it. */
  settle(block: number): boolean {
    return this.#asked.delete(block) || this.#late.delete(block);
  }

  /** A block came that is what it should be. If it was late, and the last that was, the peer can be asked again. */
  answered(): void {
    if (this.#late.size === 0) this.#backOffUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** It has what it had not before: it can be asked again. */
  wake(): void {
    this.#late.clear();
    this.#backOffUntilMs = Number.NEGATIVE_INFINITY;
    this.#restUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether it leaves a request unanswered for too long. */
  isSilent(nowMs: number): boolean {
    for (const atMs of this.#asked.values()) return nowMs - atMs >= requestTimeoutMs;
    return false;
  }

  /** Does not ask it for a while; each time it disappoints, twice as long. What it was asked for may still come. */
  disappoint(nowMs: number): void {
    const backOffMs = Math.min(shortestBackOffMs * 2 ** this.failures, longestBackOffMs);
    this.failures++;
    this.#backOffUntilMs = nowMs + backOffMs;
    this.#callOff();
  }

  /** It is at an address that has sent wrong metadata so often: not asked before what would be its back-off. */
  recall(failures: number, nowMs: number): void {
    // What it is to come to, so that a second call counts nothing twice.
    this.failures = Math.max(this.failures, failures) - 1;
    this.disappoint(nowMs);
  }

  /** Does not ask it for so long, and does not hold that against it. */
  rest(ms: number, nowMs: number): void {
    this.#restUntilMs = nowMs + ms;
    this.#callOff();
  }

  #callOff(): void {
    for (const block of this.#asked.keys()) {
      this.#late.add(block);
      this.attempt?.release(block);
    }
    this.#asked.clear();
  }
}
