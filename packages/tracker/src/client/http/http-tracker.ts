import type { InfoHash } from '@peerloom/core/plugin';
import { percentEncodeBytes } from '../../protocol/percent-encoding.js';
import type { SwarmCounts } from '../../protocol/udp-reply.js';
import type { Announcement, AnnounceReply, TrackerRoute } from '../announcement.js';
import { readAnnounceReply, readScrapeReply } from '../bencoded-reply.js';
import { withDeadline } from '../deadline.js';
import { TrackerError } from '../tracker-error.js';
import { scrapeUrl, type TrackerUrl } from '../tracker-url.js';
import { type HttpEnvironment, httpGet } from './http-get.js';
import { RequestTurns } from './request-turns.js';
import type { HttpResponse } from './response-parser.js';

/** From dialling to the last byte, redirects included. */
const requestTimeoutMs = 30_000;

/** Trackers over HTTP (BEP 3, 7, 23, 48). What it promises rejects with {@link TrackerError}, or the signal's reason. */
export class HttpTrackers {
  readonly #environment: HttpEnvironment;
  readonly #turns = new RequestTurns();

  constructor(environment: HttpEnvironment) {
    this.#environment = environment;
  }

  /** Announces, and gives what the tracker answers. */
  async announce(route: TrackerRoute, what: Announcement, signal: AbortSignal): Promise<AnnounceReply> {
    const url = withQuery(route.url, announceQuery(what));
    const response = await this.#get({ ...route, url }, what.event === 'stopped', signal);
    return readReply(response, readAnnounceReply);
  }

  /** Numbers of a torrent; `undefined` where the tracker does not know it. */
  async scrape(
    route: TrackerRoute,
    infoHash: InfoHash,
    signal: AbortSignal,
  ): Promise<SwarmCounts | undefined> {
    const bytes = infoHash.toBytes();
    const target = scrapeUrl(route.url);
    if (target === undefined)
      throw new TrackerError('TRACKER_SCRAPE', 'the tracker has no scrape URL (BEP 48)');
    const url = withQuery(target, `info_hash=${percentEncodeBytes(bytes)}`);
    const response = await this.#get({ ...route, url }, false, signal);
    return readReply(response, (body) => readScrapeReply(body, bytes));
  }

  #get(route: TrackerRoute, isUrgent: boolean, signal: AbortSignal): Promise<HttpResponse> {
    const { clock } = this.#environment;
    return this.#turns.run(route.url.authority, { isUrgent, signal }, () =>
      withDeadline(clock, requestTimeoutMs, signal, (bounded) => httpGet(this.#environment, route, bounded)),
    );
  }
}

function withQuery(url: TrackerUrl, query: string): TrackerUrl {
  return { ...url, path: `${url.path}${url.path.includes('?') ? '&' : '?'}${query}` };
}

function announceQuery(what: Announcement): string {
  const fields: readonly (readonly [string, string | number])[] = [
    ['info_hash', percentEncodeBytes(what.infoHash.toBytes())],
    ['peer_id', percentEncodeBytes(what.peerId)],
    ['port', what.port],
    ['uploaded', what.uploadedBytes],
    ['downloaded', what.downloadedBytes],
    ['left', what.leftBytes],
    ['corrupt', what.corruptBytes],
    ['key', what.key.toString(16).padStart(8, '0').toUpperCase()],
    ['numwant', what.numWant],
    ['compact', 1],
    ['no_peer_id', 1],
    ...(what.event === 'none' ? [] : [['event', what.event] as const]),
    ...(what.trackerId === undefined ? [] : [['trackerid', percentEncodeBytes(what.trackerId)] as const]),
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join('&');
}

/** Some trackers say in the body of an error why they refuse. */
function readReply<T>({ status, body }: HttpResponse, read: (body: Uint8Array) => T): T {
  if (status === 200) return read(body);
  try {
    read(body);
  } catch (error) {
    if (error instanceof TrackerError && error.code === 'TRACKER_REFUSED') throw error;
  }
  throw new TrackerError('TRACKER_STATUS', `the tracker answers with HTTP status ${status}`);
}
