import type { Clock } from '@peerloom/core';

/** Something that has bytes to send through an {@link Uplink}. */
export interface Flow {
  /** Bytes it could send now, at most `maxBytes`; 0 where it can send none, then it is left out. */
  sendable(maxBytes: number): number;
  /** Sends at most `maxBytes`; with 0, what takes no bytes. */
  transmit(maxBytes: number): void;
}

/** What goes out at once; a flow gets no more before the others had their turn. */
const segmentBytes = 16 * 1024;

/**
 * What a host can send: all its connections share it, in turns of a segment. Without a limit everything
 * leaves at the next event.
 */
export class Uplink {
  readonly #clock: Clock;
  readonly #waiting = new Set<Flow>();
  #bytesPerSecond: number | undefined;
  #isBusy = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `undefined`: no limit. */
  set bytesPerSecond(value: number | undefined) {
    this.#bytesPerSecond = value;
  }

  /** Says that `flow` has something to send. */
  request(flow: Flow): void {
    this.#waiting.add(flow);
    this.#go();
  }

  #go(): void {
    if (this.#isBusy || this.#waiting.size === 0) return;
    this.#isBusy = true;
    this.#clock.setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    if (this.#bytesPerSecond === undefined) {
      this.#isBusy = false;
      const flows = [...this.#waiting];
      this.#waiting.clear();
      for (const flow of flows) flow.transmit(Number.POSITIVE_INFINITY);
      return;
    }
    const segment = this.#takeSegment();
    if (segment.length === 0) {
      this.#isBusy = false;
      return;
    }
    const lengthBytes = segment.reduce((sum, { length }) => sum + length, 0);
    this.#clock.setTimeout(() => this.#sent(segment), (lengthBytes * 1000) / this.#bytesPerSecond);
  };

  /** What goes out together next: parts of several flows where they are small. */
  #takeSegment(): Part[] {
    const parts: Part[] = [];
    let left = segmentBytes;
    for (const flow of this.#waiting) {
      if (left <= 0) break;
      this.#waiting.delete(flow);
      const length = flow.sendable(left);
      if (length === 0) {
        flow.transmit(0);
        continue;
      }
      parts.push({ flow, length });
      left -= length;
    }
    return parts;
  }

  #sent(segment: readonly Part[]): void {
    for (const { flow, length } of segment) {
      flow.transmit(length);
      if (flow.sendable(1) > 0) this.#waiting.add(flow);
    }
    this.#turn();
  }
}

interface Part {
  readonly flow: Flow;
  readonly length: number;
}
