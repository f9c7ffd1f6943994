import type { Clock } from '@peerloom/core';

/** Something that has bytes to send through an {@link Uplink}. */
export interface Flow {
  /** Bytes it could send now, at most `maxBytes`; 0 where it can send none, then it is left out. */
  sendable(maxBytes: number): number;
  /** Sends at most `maxBytes`; with 0, what takes no bytes. */
  transmit(maxBytes: number): void;
}

/** What goes out between two connections' turns. */
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
    for (const flow of this.#waiting) {
      this.#waiting.delete(flow);
      const length = flow.sendable(segmentBytes);
      if (length === 0) {
        flow.transmit(0);
        continue;
      }
      this.#clock.setTimeout(() => this.#sent(flow, length), (length * 1000) / this.#bytesPerSecond);
      return;
    }
    this.#isBusy = false;
  };

  #sent(flow: Flow, length: number): void {
    flow.transmit(length);
    if (flow.sendable(1) > 0) this.#waiting.add(flow);
    this.#turn();
  }
}
