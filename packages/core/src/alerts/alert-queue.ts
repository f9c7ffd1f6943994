import type { Alert } from './alert.js';
import type { AlertSink } from './alert-hub.js';

/**
 * A reader's own bounded queue of alerts, read with `for await`. When it is full, new alerts are
 * dropped and counted; an `alertsDropped` alert with the number comes in their place.
 */
export class AlertQueue implements AlertSink, AsyncIterableIterator<Alert> {
  /** Categories that it gets, as bits ({@link alertCategories}). */
  readonly mask: number;
  readonly #capacity: () => number;
  readonly #onClose: () => void;
  #alerts: Alert[] = [];
  #head = 0;
  #dropped = 0;
  #droppedTotal = 0;
  #closed = false;
  #waiting: ((result: IteratorResult<Alert>) => void)[] = [];

  /** `capacity`: alerts that fit; a function is asked each time. */
  constructor(mask: number, capacity: number | (() => number), onClose: () => void = () => {}) {
    this.mask = mask;
    this.#capacity = typeof capacity === 'number' ? () => capacity : capacity;
    this.#onClose = onClose;
  }

  /** Alerts that did not fit, since the queue was made. */
  get droppedCount(): number {
    return this.#droppedTotal;
  }

  /** Takes an alert, or counts it where the queue is full. */
  deliver(alert: Alert): void {
    if (this.#closed) return;
    const waiter = this.#waiting.shift();
    if (waiter) {
      waiter({ value: alert, done: false });
    } else if (this.#alerts.length - this.#head >= this.#capacity()) {
      this.#dropped++;
      this.#droppedTotal++;
    } else {
      if (this.#dropped > 0) this.#alerts.push(this.#takeDropped());
      this.#alerts.push(alert);
    }
  }

  #takeDropped(): Alert {
    const count = this.#dropped;
    this.#dropped = 0;
    return { type: 'alertsDropped', count };
  }

  /** The next alert, when there is one; the end, once the queue is closed and read. */
  next(): Promise<IteratorResult<Alert>> {
    if (this.#head < this.#alerts.length) {
      const value = this.#alerts[this.#head++] as Alert;
      if (this.#head === this.#alerts.length) {
        this.#alerts = [];
        this.#head = 0;
      }
      return Promise.resolve({ value, done: false });
    }
    if (this.#dropped > 0) return Promise.resolve({ value: this.#takeDropped(), done: false });
    if (this.#closed) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** No further alerts; what is queued can still be read. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiter of this.#waiting) waiter({ value: undefined, done: true });
    this.#waiting = [];
    this.#onClose();
  }

  /** Ends reading: `break` in a `for await` calls it. */
  return(): Promise<IteratorResult<Alert>> {
    this.close();
    this.#alerts = [];
    this.#head = 0;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
