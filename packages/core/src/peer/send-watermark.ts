import type { Settings } from '../settings/settings-table.js';

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
  readonly #settings: Pick<Settings, 'sendBufferLowBytes' | 'sendBufferHighBytes'>;
  /** What was measured last; 0 where nothing was. */
  #wantedBytes = 0;
  #isFull = false;
  #filledBytes = 0;
  #filledAtMs = 0;

  /** `settings` are the session's, which may change. */
  constructor(settings: Pick<Settings, 'sendBufferLowBytes' | 'sendBufferHighBytes'>) {
    this.#settings = settings;
  }

  /** The mark, within the settings. */
  get bytes(): number {
    const { sendBufferLowBytes: least, sendBufferHighBytes: most } = this.#settings;
    return Math.max(least, Math.min(most, this.#wantedBytes));
  }

  /** Begins anew: the peer is served no longer, and later it may be as one of more or of fewer. */
  reset(): void {
    this.#wantedBytes = 0;
    this.#isFull = false;
  }

  /** Whether there is room for another block while `waitingBytes` wait. Once full, not before most have left. */
  hasRoom(waitingBytes: number, nowMs: number): boolean {
    if (this.#isFull) {
      if (waitingBytes >= this.bytes * refillPart) return false;
      this.#isFull = false;
      this.#adapt(this.#filledBytes - waitingBytes, nowMs - this.#filledAtMs);
    }
    if (waitingBytes < this.bytes) return true;
    this.#isFull = true;
    this.#filledBytes = waitingBytes;
    this.#filledAtMs = nowMs;
    return false;
  }

  /** One drain changes it by no more than a factor of two: the system takes bytes in lumps. */
  #adapt(drainedBytes: number, elapsedMs: number): void {
    const wanted = elapsedMs > 0 ? (drainedBytes * waitMs) / elapsedMs : Number.POSITIVE_INFINITY;
    const { bytes } = this;
    this.#wantedBytes = Math.max(bytes / 2, Math.min(bytes * 2, wanted));
  }
}
