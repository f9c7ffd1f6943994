import { type Alert, type AlertOf, type Endpoint, formatEndpoint } from '@peerloom/core';
import type { ScenarioEvent } from '@peerloom/scenarios';
import { clipLine } from '../output/display-width.js';
import { escapeText } from '../output/escape-text.js';
import { formatCount, formatDuration } from '../output/format.js';
import type { Output } from '../output/output.js';
import { alertText } from './alert-text.js';

/** What the feed is written to. */
type FeedOutput = Pick<Output, 'line' | 'problem' | 'style' | 'isTerminal' | 'columns'>;

/** What happens to one session within this time, and is of one kind, is one line. */
const gatherMs = 300;
/** Pieces fail by the dozen. */
const wrongPiecesMs = 2_000;
const maxNames = 5;
const timeWidth = 5;
/** In place of the message, which is longer than what 80 columns leave. */
const strangerReason = 'it cannot prove that it belongs here';

/** Something that happened, of which there may be several: `say` puts all of them in words. */
interface Happening {
  readonly kind: string;
  /** What it happened with: a session, a piece. */
  readonly subject: string;
  readonly say: (subjects: string, count: number) => string;
  readonly gatherMs?: number;
}

interface Gathered {
  readonly node: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly subjects: Set<string>;
  readonly say: Happening['say'];
}

/** Tells what happens in a swarm, as it happens: a line each, with the time and the session. */
export class SwarmFeed {
  readonly #output: FeedOutput;
  readonly #endpoints = new Map<string, string>();
  /** Names by address: `undefined` where several share it. */
  readonly #addresses = new Map<string, string | undefined>();
  readonly #members = new Map<string, string>();
  readonly #leeches = new Set<string>();
  readonly #gathered = new Map<string, Gathered>();
  #nameWidth = 0;

  constructor(output: FeedOutput) {
    this.#output = output;
  }

  /** Takes what a scenario reports. */
  take(event: ScenarioEvent): void {
    this.#tellGathered(event.elapsedMs);
    if (event.type === 'note') this.#note(event.elapsedMs, event.message);
    else if (event.type === 'node') this.#meet(event);
    else if (event.type === 'alert') this.#hear(event.elapsedMs, event.node, event.alert);
  }

  /** Tells what it has kept back. */
  end(): void {
    this.#tellGathered(Number.POSITIVE_INFINITY);
  }

  #note(elapsedMs: number, message: string): void {
    // What came before it is told before it.
    this.end();
    this.#line(`${this.#time(elapsedMs)}  ${this.#output.style.bold(escapeText(message))}`);
  }

  #meet({ name, role, endpoint }: Extract<ScenarioEvent, { type: 'node' }>): void {
    if (role === 'leech') this.#leeches.add(name);
    this.#endpoints.set(formatEndpoint(endpoint), name);
    const isShared = this.#addresses.has(endpoint.address);
    this.#addresses.set(endpoint.address, isShared ? undefined : name);
    this.#nameWidth = Math.max(this.#nameWidth, name.length);
  }

  #hear(elapsedMs: number, node: string, alert: Alert): void {
    const told = alertText(alert);
    if (told?.isProblem === true) {
      this.#output.problem(`peerloom: warning: ${node}: ${escapeText(told.text)}`);
      return;
    }
    const happening =
      this.#happening(node, alert) ?? (told && { kind: told.text, subject: '', say: () => told.text });
    if (happening === undefined) return;
    const key = `${node} ${happening.kind}`;
    const gathered = this.#gathered.get(key);
    if (gathered !== undefined) gathered.subjects.add(happening.subject);
    else {
      const { subject, say } = happening;
      const untilMs = elapsedMs + (happening.gatherMs ?? gatherMs);
      this.#gathered.set(key, { node, sinceMs: elapsedMs, untilMs, subjects: new Set([subject]), say });
    }
  }

  #happening(node: string, alert: Alert): Happening | undefined {
    switch (alert.type) {
      case 'metadataReceived':
        return { kind: alert.type, subject: '', say: () => 'has the metadata, from peers' };
      case 'torrentFinished':
        if (!this.#leeches.has(node)) return undefined;
        return { kind: alert.type, subject: '', say: () => 'has every piece' };
      case 'hashFailed':
        return {
          kind: alert.type,
          subject: String(alert.piece),
          say: (pieces, count) =>
            count > 1 ? `gets ${count} wrong pieces` : `gets a wrong piece: ${pieces}`,
          gatherMs: wrongPiecesMs,
        };
      case 'peerBanned': {
        const reason = alert.reason.replace(/ of [0-9a-f]{40}$/, '');
        return { kind: alert.type, subject: this.#bannedName(alert), say: (who) => `bans ${who}: ${reason}` };
      }
      case 'plugin':
        return this.#pluginHappening(alert);
      default:
        return undefined;
    }
  }

  #pluginHappening({ plugin, event, endpoint, data }: AlertOf<'plugin'>): Happening | undefined {
    const subject = endpoint === undefined ? '' : this.#nameOf(endpoint);
    const kind = `${plugin} ${event}`;
    // Told by name, by what follows.
    const nothing: Happening = { kind, subject, say: () => '' };
    switch (kind) {
      case 'peer-watch peerFound':
        if (data.source === 'pex') return { kind, subject, say: (who) => `hears of ${who} by peer exchange` };
        if (data.source === 'tracker')
          return { kind, subject, say: (who) => `hears of ${who} from a tracker` };
        return nothing;
      case 'ut_pex learned':
      case 'smart-ban banned':
      // A note of the scenario says who hears what.
      case 'chat line':
        return nothing;
      case 'closed-network confirmed':
        if (typeof data.principal === 'string') this.#members.set(data.principal, String(data.name));
        return { kind, subject, say: (who) => `lets in ${who}` };
      case 'closed-network refused': {
        const reason = data.code === 'CLOSED_NETWORK_STRANGER' ? strangerReason : data.message;
        return { kind: `${kind} ${data.code}`, subject, say: (who) => `turns away ${who}: ${reason}` };
      }
      default:
        return undefined;
    }
  }

  #bannedName({ endpoint, principal }: AlertOf<'peerBanned'>): string {
    if (endpoint !== undefined) return this.#nameOf(endpoint);
    return this.#members.get(principal ?? '') ?? principal ?? '?';
  }

  #nameOf(endpoint: Endpoint): string {
    const text = formatEndpoint(endpoint);
    return this.#endpoints.get(text) ?? this.#addresses.get(endpoint.address) ?? text;
  }

  #tellGathered(timeMs: number): void {
    for (const [key, { node, sinceMs, untilMs, subjects, say }] of this.#gathered) {
      if (untilMs > timeMs) continue;
      this.#gathered.delete(key);
      const text = say(listText([...subjects]), subjects.size);
      if (text === '') continue;
      const name = this.#output.style.bold(node.padEnd(this.#nameWidth));
      this.#line(`${this.#time(sinceMs)}  ${name}  ${escapeText(text)}`);
    }
  }

  #time(elapsedMs: number): string {
    return this.#output.style.dim(formatDuration(elapsedMs).padStart(timeWidth));
  }

  #line(text: string): void {
    const { isTerminal, columns } = this.#output;
    this.#output.line(isTerminal ? clipLine(text, columns - 1) : text);
  }
}

/** `a`, `a, b and c`; of many the first ones, and how many more there are. */
function listText(names: readonly string[]): string {
  if (names.length > maxNames) {
    const more = formatCount(names.length - maxNames, 'other');
    return `${names.slice(0, maxNames).join(', ')} and ${more}`;
  }
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
