import {
  addressPrefixKey,
  type Clock,
  type Connection,
  type Endpoint,
  type Listener,
  type Network,
} from '@peerloom/core/plugin';
import type { TrackerService } from '../tracker-service.js';
import { readAnnounceQuery, readScrapeQuery } from './announce-query.js';
import { encodeAnnounceReply, encodeFailure, encodeScrapeReply } from './announce-response.js';
import { HttpConnection, type HttpConnectionOwner } from './http-connection.js';
import type { HttpHead } from './http-head.js';
import { type HttpResponse, plainResponse } from './http-response.js';

/** Who takes so long for a request, or to read an answer, makes room where there is none. */
const slowAfterMs = 2_000;

/** The tracker over HTTP: `GET /announce` (BEP 3, 7, 23) and `GET /scrape` (BEP 48). */
export class HttpTracker implements HttpConnectionOwner {
  readonly clock: Clock;
  readonly #network: Network;
  readonly #service: TrackerService;
  readonly #listeners: Listener[] = [];
  readonly #connections = new Set<HttpConnection>();
  /** Those that wait for their next request, the longest first. */
  readonly #idle = new Set<HttpConnection>();
  /** Those that wait for anything else, the longest first. */
  readonly #busy = new Set<HttpConnection>();
  /** Connections by party. */
  readonly #counts = new Map<string, number>();
  #isClosed = false;
  #onEmpty: () => void = () => undefined;

  constructor(network: Network, clock: Clock, service: TrackerService) {
    this.#network = network;
    this.clock = clock;
    this.#service = service;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  async listen(local: Endpoint): Promise<Endpoint> {
    const listener = await this.#network.listen(local, (connection) => this.#accept(connection));
    if (this.#isClosed) await listener.close();
    else this.#listeners.push(listener);
    return listener.local;
  }

  /** Takes no more connections; resolves when those that are there have been answered and closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const connection of [...this.#connections]) connection.finish();
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  /** Ends what `close` waits for. */
  destroy(): void {
    for (const connection of [...this.#connections]) connection.destroy();
  }

  #accept(connection: Connection): void {
    const { maxConnections, maxConnectionsPerAddress } = this.#service.limits;
    const prefix = addressPrefixKey(connection.remote.address);
    const count = this.#counts.get(prefix) ?? 0;
    if (this.#isClosed || count >= maxConnectionsPerAddress || !this.#hasRoom(maxConnections)) {
      this.#service.counters.refused.connections++;
      connection.destroy();
      return;
    }
    this.#counts.set(prefix, count + 1);
    this.#connections.add(new HttpConnection(connection, this));
  }

  /**
   * Where there is no room, whoever has been idle for longest makes some, else who is slowest; so those who dawdle keep
   * nobody out.
   */
  #hasRoom(maxConnections: number): boolean {
    if (this.#connections.size < maxConnections) return true;
    const [longest] = this.#idle;
    const [slowest] = this.#busy;
    const leaving = longest ?? slowest;
    if (leaving === undefined) return false;
    if (longest === undefined) {
      if (leaving.waitingForMs < slowAfterMs) return false;
      this.timedOut();
    }
    this.#forget(leaving);
    leaving.destroy();
    return true;
  }

  #forget(connection: HttpConnection): void {
    this.#idle.delete(connection);
    this.#busy.delete(connection);
    if (!this.#connections.delete(connection)) return;
    const prefix = addressPrefixKey(connection.address);
    const count = this.#counts.get(prefix) ?? 1;
    if (count > 1) this.#counts.set(prefix, count - 1);
    else this.#counts.delete(prefix);
    if (this.#connections.size === 0) this.#onEmpty();
  }

  respond({ method, path, query }: HttpHead, { remote }: Connection): HttpResponse {
    if (path !== '/announce' && path !== '/scrape') return plainResponse(404);
    // Who asks for the head alone changes nothing.
    if (method === 'HEAD') return bencoded(new Uint8Array(0));
    return bencoded(path === '/announce' ? this.#announce(query, remote) : this.#scrape(query, remote));
  }

  malformed(): void {
    this.#service.counters.refused.malformed++;
  }

  timedOut(): void {
    this.#service.counters.refused.timeout++;
  }

  waits(connection: HttpConnection, isIdle: boolean): void {
    this.#idle.delete(connection);
    this.#busy.delete(connection);
    (isIdle ? this.#idle : this.#busy).add(connection);
  }

  closed(connection: HttpConnection): void {
    this.#forget(connection);
  }

  #announce(query: string, remote: Endpoint): Uint8Array {
    const refusal = this.#service.admit(remote);
    if (refusal !== undefined) return encodeFailure(refusal.failure);
    const asked = readAnnounceQuery(query, remote.address);
    if (typeof asked === 'string') return encodeFailure(this.#malformed(asked));
    const { maxPeersPerReply: maxPeers } = this.#service.limits;
    const reply = this.#service.announce('http', asked.request, { maxPeers, allFamilies: true });
    if (reply.failure !== undefined) return encodeFailure(reply.failure);
    return encodeAnnounceReply(reply, asked.form, this.#service.limits);
  }

  #scrape(query: string, remote: Endpoint): Uint8Array {
    const refusal = this.#service.admit(remote);
    if (refusal !== undefined) return encodeFailure(refusal.failure);
    const asked = readScrapeQuery(query, this.#service.limits.maxTorrentsPerScrape);
    if (typeof asked === 'string') return encodeFailure(this.#malformed(asked));
    return encodeScrapeReply(asked, this.#service.scrape('http', asked), this.#service.limits);
  }

  #malformed(failure: string): string {
    return this.#service.refuse('malformed', { failure }).failure;
  }
}

function bencoded(body: Uint8Array): HttpResponse {
  return { status: 200, body };
}
