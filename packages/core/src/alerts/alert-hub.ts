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
  /** Who waits for alerts of one torrent, by its infohash in hexadecimal. */
  readonly #watchers = new Map<string, readonly (() => void)[]>();
  /** Until the turn in which the hub was made is over, its readers may still be on their way. */
  #awaited: number = defaultAlertMask;
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

  /**
   * Calls `look` after each alert of the torrent that is of the category `torrent`. However many torrents are watched,
   * an alert costs no more than those who watch its own. `look` must not throw. The result ends it.
   */
  watchTorrent(infoHash: string, look: () => void): () => void {
    this.#watchers.set(infoHash, [...(this.#watchers.get(infoHash) ?? []), look]);
    if (this.#watchers.size === 1) this.#updateMask();
    return () => {
      const others = this.#watchers.get(infoHash)?.filter((other) => other !== look) ?? [];
      if (others.length > 0) this.#watchers.set(infoHash, others);
      else if (this.#watchers.delete(infoHash) && this.#watchers.size === 0) this.#updateMask();
    };
  }

  /** Call when a sink's mask has changed. */
  #updateMask(): void {
    const watched = this.#watchers.size > 0 ? alertCategories.torrent : 0;
    this.#mask = this.#sinks.reduce((mask, sink) => mask | sink.mask, watched | this.#awaited);
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
    queueMicrotask(() => {
      this.#awaited = 0;
      this.#updateMask();
    });
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
      if (bit !== alertCategories.torrent || !('infoHash' in alert) || !alert.infoHash) continue;
      for (const look of this.#watchers.get(alert.infoHash.hex) ?? []) look();
    }
  }
}
