import { type EventKind, type RecordedEvent, recordingLimits } from './recording.js';

/** Events of a run: the first ones of each kind, and how many more there were. */
export class EventLog {
  readonly #events: RecordedEvent[] = [];
  readonly #counts = new Map<EventKind, number>();

  add(event: RecordedEvent): void {
    const count = (this.#counts.get(event.kind) ?? 0) + 1;
    this.#counts.set(event.kind, count);
    if (count <= recordingLimits.eventsOfKind) this.#events.push(event);
  }

  get events(): readonly RecordedEvent[] {
    return [...this.#events];
  }

  /** How many are not in {@link events}, by kind. */
  get omitted(): Readonly<Partial<Record<EventKind, number>>> {
    const more = [...this.#counts].map(
      ([kind, count]) => [kind, count - recordingLimits.eventsOfKind] as const,
    );
    return Object.fromEntries(more.filter(([, count]) => count > 0));
  }
}
