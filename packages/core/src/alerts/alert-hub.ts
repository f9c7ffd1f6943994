import type { Alert, AlertOf, AlertType } from './alert.js';
import { alertCategories, alertCategoryOf, defaultAlertMask } from './categories.js';

/** Receives alerts of the categories in its mask. */
export interface AlertSink {
  readonly mask: number;
  deliver(alert: Alert): void;
}

/**
 * Takes alerts from the engine and hands them out after the call that raised them has returned, in
 * order. An alert of a category that no sink asks for is never built: ask {@link AlertHub.wants}
 * before building one of a category that is off by default.
 */
export class AlertHub {
  #sinks: readonly AlertSink[] = [];
  /** Until the turn in which the hub was made is over, its readers may still be on their way. */
  #mask: number = defaultAlertMask;
  #pending: Alert[] = [];
  #scheduled = false;
  /** Called with what a sink throws. */
  onSinkError: (error: unknown) => void = (error) => {
    queueMicrotask(() => {
      throw error;
    });
  };

  addSink(sink: AlertSink): () => void {
    this.#sinks = [...this.#sinks, sink];
    this.#updateMask();
    return () => {
      this.#sinks = this.#sinks.filter((other) => other !== sink);
      this.#updateMask();
    };
  }

  /** Call when a sink's mask has changed. */
  #updateMask(): void {
    this.#mask = this.#sinks.reduce((mask, sink) => mask | sink.mask, 0);
  }

  /** Whether anybody asks for alerts of this type. */
  wants(type: AlertType): boolean {
    return (this.#mask & alertCategories[alertCategoryOf[type]]) !== 0;
  }

  post<T extends AlertType>(type: T, fields: Omit<AlertOf<T>, 'type'>): void {
    if (!this.wants(type)) return;
    this.#pending.push({ type, ...fields } as Alert);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  constructor() {
    queueMicrotask(() => this.#updateMask());
  }

  /** Delivers what is pending now. */
  flush(): void {
    this.#scheduled = false;
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    for (const alert of pending) {
      const bit = alertCategories[alertCategoryOf[alert.type]];
      for (const sink of this.#sinks) {
        if ((sink.mask & bit) === 0) continue;
        try {
          sink.deliver(alert);
        } catch (error) {
          this.onSinkError(error);
        }
      }
    }
  }
}
