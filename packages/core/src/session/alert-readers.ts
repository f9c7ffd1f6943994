import type { AlertHub } from '../alerts/alert-hub.js';
import type { AlertQueue } from '../alerts/alert-queue.js';

/** The queues from which an application reads a session's alerts. */
export class AlertReaders {
  readonly #alerts: AlertHub;
  readonly #queues = new Set<AlertQueue>();
  /** By readers that are gone. */
  #droppedBefore = 0;

  constructor(alerts: AlertHub) {
    this.#alerts = alerts;
  }

  /** Feeds a reader's queue until the session has stopped, or until the result is called. */
  add(queue: AlertQueue): () => void {
    const remove = this.#alerts.addSink(queue);
    this.#queues.add(queue);
    return () => {
      if (!this.#queues.delete(queue)) return;
      this.#droppedBefore += queue.droppedCount;
      remove();
    };
  }

  /** Alerts that did not fit into readers' queues. */
  get droppedCount(): number {
    return [...this.#queues].reduce((sum, { droppedCount }) => sum + droppedCount, this.#droppedBefore);
  }

  /** There will be no more alerts: readers' loops end. */
  close(): void {
    for (const queue of [...this.#queues]) queue.close();
  }
}
