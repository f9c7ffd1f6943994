/** How long the remote may take for what waits: what we decide, and other messages, are so late at most. */
const waitMs = 500;
/** Reading goes on when this part of the mark is left: then more than one block is written at once. */
const refillPart = 1 / 4;

/**
 * How much content may wait to be sent to one peer: what it takes in half a second, as measured whenever the
 * buffer was full and has drained. A fixed size is too small for a fast peer, and to a slow one it would
 * delay a choke by many seconds of content.
 */
export class SendWatermark {
  readonly #leastBytes: number;
  readonly #mostBytes: number;
  #bytes: number;
  #isFull = false;
  #filledBytes = 0;
  #filledAtMs = 0;

  constructor(leastBytes: number, mostBytes: number) {
    this.#leastBytes = leastBytes;
    this.#mostBytes = mostBytes;
    this.#bytes = leastBytes;
  }

  /** The mark, from `leastBytes` to `mostBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Begins anew: the peer is served no longer, and later it may be as one of more or of fewer. */
  reset(): void {
    this.#bytes = this.#leastBytes;
    this.#isFull = false;
  }

  /** Whether there is room for another block while `waitingBytes` wait. Once full, not before most have left. */
  hasRoom(waitingBytes: number, nowMs: number): boolean {
    if (this.#isFull) {
      if (waitingBytes >= this.#bytes * refillPart) return false;
      this.#isFull = false;
      this.#adapt(this.#filledBytes - waitingBytes, nowMs - this.#filledAtMs);
    }
    if (waitingBytes < this.#bytes) return true;
    this.#isFull = true;
    this.#filledBytes = waitingBytes;
    this.#filledAtMs = nowMs;
    return false;
  }

  /** One drain changes it by no more than a factor of two: the system takes bytes in lumps. */
  #adapt(drainedBytes: number, elapsedMs: number): void {
    const wanted = elapsedMs > 0 ? (drainedBytes * waitMs) / elapsedMs : Number.POSITIVE_INFINITY;
    const next = Math.max(this.#bytes / 2, Math.min(this.#bytes * 2, wanted));
    this.#bytes = Math.max(this.#leastBytes, Math.min(this.#mostBytes, next));
  }
}
