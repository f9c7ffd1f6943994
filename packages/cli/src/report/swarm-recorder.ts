import { type Endpoint, formatEndpoint } from '@peerloom/core';
import type { Scenario, ScenarioEvent, ScenarioResult } from '@peerloom/scenarios';
import { ByteSamples } from './byte-samples.js';
import { ConnectionTimes } from './connection-times.js';
import { EventLog } from './event-log.js';
import { type EventText, eventText, shorten } from './event-text.js';
import { NodeRecord } from './node-record.js';
import { recordingLimits, type SwarmOutcome, type SwarmRecording } from './recording.js';

/** Makes a recording of what a scenario tells, of bounded size however long it runs. */
export class SwarmRecorder {
  readonly #scenario: Pick<Scenario, 'name' | 'about'>;
  readonly #startedAt: string;
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #omittedNodes = new Set<string>();
  /** Names of sessions by `HOST:PORT`, and by address where it is of one session alone. */
  readonly #names = new Map<string, string | undefined>();
  readonly #samples = new ByteSamples();
  readonly #events = new EventLog();
  readonly #connections = new ConnectionTimes();
  #lastMs = 0;

  /** `startedAt` as ISO 8601. */
  constructor(scenario: Pick<Scenario, 'name' | 'about'>, startedAt: string) {
    this.#scenario = scenario;
    this.#startedAt = startedAt;
  }

  /** Takes what the scenario tells, in order. */
  take(event: ScenarioEvent): void {
    const { elapsedMs } = event;
    this.#lastMs = Math.max(this.#lastMs, elapsedMs);
    switch (event.type) {
      case 'note':
        this.#log(elapsedMs, undefined, { kind: 'step', text: shorten(event.message), details: [] });
        break;
      case 'node':
        this.#listens(event);
        this.#nameEndpoint(event.endpoint, event.name);
        break;
      case 'progress': {
        for (const progress of event.nodes) {
          const node =
            this.#nodes.get(progress.name) ?? this.#addNode(new NodeRecord(progress.name, progress.role));
          node?.takeProgress(progress, elapsedMs);
        }
        const counts = event.nodes.filter(({ name }) => this.#nodes.has(name));
        this.#samples.add(
          elapsedMs,
          new Map(
            counts.map(({ name, downloadedBytes, uploadedBytes }) => [
              name,
              { downloadedBytes, uploadedBytes },
            ]),
          ),
        );
        break;
      }
      case 'alert': {
        const { node, alert } = event;
        this.#nodes.get(node)?.takeAlert(alert, elapsedMs);
        const who = (endpoint: Endpoint): string => this.#nameOf(endpoint);
        const told = this.#connections.take(alert, node, elapsedMs, who) ?? eventText(alert, who);
        if (told !== undefined) this.#log(elapsedMs, node, told);
        break;
      }
    }
  }

  #log(timeMs: number, node: string | undefined, event: EventText): void {
    this.#events.add({ ...event, timeMs: Math.round(timeMs), node });
  }

  /** What was recorded of one that starts again stays. */
  #listens({ name, role, endpoint }: Extract<ScenarioEvent, { type: 'node' }>): void {
    const node = this.#nodes.get(name) ?? this.#addNode(new NodeRecord(name, role));
    node?.listens(endpoint);
  }

  #addNode(node: NodeRecord): NodeRecord | undefined {
    if (this.#nodes.size >= recordingLimits.nodes) {
      this.#omittedNodes.add(node.name);
      return undefined;
    }
    this.#nodes.set(node.name, node);
    return node;
  }

  #nameEndpoint(endpoint: Endpoint, name: string): void {
    if (!this.#nodes.has(name)) return;
    this.#names.set(formatEndpoint(endpoint), name);
    this.#names.set(endpoint.address, this.#names.has(endpoint.address) ? undefined : name);
  }

  #nameOf(endpoint: Endpoint): string {
    const text = formatEndpoint(endpoint);
    return this.#names.get(text) ?? this.#names.get(endpoint.address) ?? text;
  }

  /** All so far, of a run that ended so; `result` where it came to its end. */
  recording(outcome: SwarmOutcome, result?: ScenarioResult): SwarmRecording {
    const nodes = [...this.#nodes.values()];
    const recorded = nodes.map((node) => node.recorded(this.#samples));
    const isNode = (name: string): boolean => this.#nodes.has(name);
    return {
      scenario: this.#scenario.name,
      about: this.#scenario.about,
      startedAt: this.#startedAt,
      durationMs: Math.round(this.#lastMs),
      outcome: { ...outcome, ...(outcome.message !== undefined && { message: shorten(outcome.message) }) },
      figures: result?.figures ?? [],
      checks: result?.checks ?? [],
      pieceCount: Math.max(0, ...nodes.map(({ pieceCount }) => pieceCount)),
      rowCount: Math.max(0, ...recorded.map(({ rowTimesMs }) => rowTimesMs.length)),
      nodes: recorded,
      samplesMs: this.#samples.timesMs,
      transfers: nodes.flatMap((node) => node.transfers(isNode)),
      events: this.#events.events,
      omittedEvents: this.#events.omitted,
      omittedNodeCount: this.#omittedNodes.size,
    };
  }
}
