import { type Endpoint, isLoopbackAddress, type SessionContext } from '@peerloom/core/plugin';
import type { AnnounceEvent } from '../protocol/announce-event.js';
import type { SwarmCounts } from '../protocol/udp-reply.js';
import type { Announcement, AnnounceReply, TrackerRoute } from './announcement.js';
import { backoffMs } from './backoff.js';
import { checkedAddresses } from './checked-addresses.js';
import { withDeadline } from './deadline.js';
import type { HttpTrackers } from './http/http-tracker.js';
import { TrackerError } from './tracker-error.js';
import { parseTrackerUrl, type TrackerUrl } from './tracker-url.js';
import type { UdpTrackers } from './udp/udp-tracker.js';

/** What trackers of all torrents of a session share. */
export interface TrackerNetwork {
  readonly session: SessionContext;
  readonly http: HttpTrackers;
  readonly udp: UdpTrackers;
}

/** Makes what a tracker is told. */
export type Describe = (fields: Pick<Announcement, 'event' | 'port' | 'trackerId'>) => Announcement;

/** What a tracker answered over one family of addresses. */
export interface TrackerAnswer {
  readonly route: TrackerRoute;
  readonly reply: AnnounceReply;
}

const resolveTimeoutMs = 10_000;
/** The port of who listens nowhere: trackers refuse 0, and nobody answers there. */
const nowhere = 1;

/** What a tracker has been told over one family of addresses. */
interface Told {
  readonly route: TrackerRoute;
  readonly port: number;
  /** It has answered that we have started. */
  hasStarted: boolean;
  /** It is still to hear that we have completed. */
  owesCompleted: boolean;
}

/** One tracker of one torrent: what it was told, and what it said. */
export class Tracker {
  readonly text: string;
  tier = 0;
  readonly #network: TrackerNetwork;
  readonly #url: TrackerUrl | undefined;
  readonly #told = new Map<4 | 6, Told>();
  #trackerId: Uint8Array | undefined;
  isAnnouncing = false;
  hasAnswered = false;
  failureCount = 0;
  error: TrackerError | undefined;
  /** When it may be asked again, by the clock of the session. */
  retryAtMs = 0;
  warning: string | undefined;
  seeders: number | undefined;
  leechers: number | undefined;
  completed: number | undefined;

  constructor(network: TrackerNetwork, text: string) {
    this.#network = network;
    this.text = text;
    this.#url = parseTrackerUrl(text);
    if (this.#url !== undefined) return;
    this.error = new TrackerError('TRACKER_UNSUPPORTED', 'cannot be asked, not over HTTP, HTTPS or UDP');
    this.retryAtMs = Number.POSITIVE_INFINITY;
  }

  /** Whether it can be asked at all. */
  get isSupported(): boolean {
    return this.#url !== undefined;
  }

  /** Whether it knows, or may know, that we are there. */
  get knowsUs(): boolean {
    return this.#told.size > 0;
  }

  /** It is to hear with the next announce that we have completed, where it knows that we had not. */
  owesCompleted(): void {
    for (const told of this.#told.values()) told.owesCompleted = told.hasStarted;
  }

  /** It may be asked again at once, unless it wants never to be. */
  allowRetry(): void {
    if (Number.isFinite(this.retryAtMs)) this.retryAtMs = 0;
  }

  /** Keeps what it said. */
  answered(answers: readonly TrackerAnswer[]): void {
    const replies = answers.map(({ reply }) => reply);
    this.hasAnswered = true;
    this.failureCount = 0;
    this.error = undefined;
    this.retryAtMs = 0;
    this.seeders = greatest(replies, 'seeders') ?? this.seeders;
    this.leechers = greatest(replies, 'leechers') ?? this.leechers;
    this.completed = greatest(replies, 'completed') ?? this.completed;
    this.warning = replies.find(({ warning }) => warning !== undefined)?.warning;
  }

  /** Keeps why it failed. Gives how long it is left alone, in ms. */
  failed(error: TrackerError): number {
    const { clock, random } = this.#network.session;
    this.failureCount++;
    this.error = error;
    const retryInMs = Math.max(backoffMs(this.failureCount, random), error.retryInMs ?? 0);
    this.retryAtMs = clock.now() + retryInMs;
    return retryInMs;
  }

  /**
   * Announces over each family of addresses on which we listen and the tracker is (BEP 7), where there is none over
   * those that it has. Resolves where one is answered, else rejects with {@link TrackerError} or the signal's reason.
   */
  async announce(describe: Describe, signal: AbortSignal): Promise<readonly TrackerAnswer[]> {
    const routes = await this.#routes(signal);
    const outcomes = await Promise.allSettled(
      routes.map(async ({ route, port }) => {
        const { family } = route.remote;
        const before = this.#told.get(family);
        const told = { hasStarted: false, owesCompleted: false, ...before, route, port };
        this.#told.set(family, told);
        const event = !told.hasStarted ? 'started' : told.owesCompleted ? 'completed' : 'none';
        const reply = await this.#ask(route, describe, event, port, signal).catch((error: unknown) => {
          // Who has never answered need not hear that we stop, for which we would wait.
          if (!told.hasStarted && !signal.aborted) this.#told.delete(family);
          throw error;
        });
        told.hasStarted = true;
        if (event === 'completed') told.owesCompleted = false;
        return { route, reply };
      }),
    );
    const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (answers.length === 0 && failed !== undefined) throw failed.reason;
    return answers;
  }

  /** Tells the tracker wherever it knows us that we stop, where that is still to be told that we have completed first; from now on it does not. Rejects as `announce`. */
  async announceStopped(describe: Describe, signal: AbortSignal): Promise<void> {
    const all = [...this.#told.values()];
    this.#told.clear();
    await Promise.all(
      all.map(async ({ route, port, owesCompleted }) => {
        if (owesCompleted) await this.#ask(route, describe, 'completed', port, signal);
        await this.#ask(route, describe, 'stopped', port, signal);
      }),
    );
  }

  /** Its numbers; `undefined` where it does not know the torrent. Rejects as `announce`. */
  async scrape(infoHash: Announcement['infoHash'], signal: AbortSignal): Promise<SwarmCounts | undefined> {
    const [first] = await this.#routes(signal);
    const { route } = first ?? {};
    if (route === undefined) throw new TrackerError('TRACKER_RESOLVE', 'the tracker has no address');
    const { http, udp } = this.#network;
    return route.url.scheme === 'udp'
      ? udp.scrape(route, infoHash, signal)
      : http.scrape(route, infoHash, signal);
  }

  async #ask(
    route: TrackerRoute,
    describe: Describe,
    event: AnnounceEvent,
    port: number,
    signal: AbortSignal,
  ): Promise<AnnounceReply> {
    const what = describe({ event, port, trackerId: this.#trackerId });
    const { http, udp } = this.#network;
    const client = route.url.scheme === 'udp' ? udp : http;
    const reply = await client.announce(route, what, signal);
    this.#trackerId = reply.trackerId ?? this.#trackerId;
    return reply;
  }

  async #routes(signal: AbortSignal): Promise<readonly { route: TrackerRoute; port: number }[]> {
    const url = this.#url;
    if (url === undefined) throw new TrackerError('TRACKER_URL', 'not the URL of a tracker');
    const { session } = this.#network;
    const addresses = await withDeadline(session.clock, resolveTimeoutMs, signal, (bounded) =>
      checkedAddresses(session.network, url, { mayBeLocal: true, signal: bounded }),
    );
    const families = ([4, 6] as const).flatMap((family) => {
      const ofFamily = addresses.filter((address) => address.family === family);
      // Another one each time that it fails.
      const remote = ofFamily[this.failureCount % ofFamily.length];
      return remote === undefined ? [] : [{ url, remote, own: ownEndpoint(session, remote) }];
    });
    const listening = families.filter(({ own }) => own !== undefined);
    return (listening.length > 0 ? listening : families).map(({ remote, own }) => ({
      route: { url, remote, localAddress: own && sourceAddress(own, remote) },
      port: own?.port ?? nowhere,
    }));
  }
}

/** The greatest of what replies give, `undefined` where none does. */
export function greatest(
  replies: readonly AnnounceReply[],
  field: 'seeders' | 'leechers' | 'completed' | 'intervalMs' | 'minIntervalMs',
): number | undefined {
  const known = replies.flatMap((reply) => reply[field] ?? []);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Where we listen for peers of the family. */
function ownEndpoint({ listenEndpoints }: SessionContext, { family }: Endpoint): Endpoint | undefined {
  return listenEndpoints.find((own) => own.family === family);
}

/** We are known by the address that we announce from, so that has to be the one on which we listen (BEP 7). */
function sourceAddress({ address }: Endpoint, remote: Endpoint): string | undefined {
  const isWildcard = address === '0.0.0.0' || address === '::';
  if (isWildcard || isLoopbackAddress(address) !== isLoopbackAddress(remote.address)) return undefined;
  return address;
}
