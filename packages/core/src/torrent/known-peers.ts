import { type Endpoint, formatEndpoint } from '../common/endpoint.js';
import type { PeerFlags, PeerSource } from '../common/peer-source.js';
import type { KnownPeer } from '../plugin/torrent-context.js';
import type { Random } from '../ports/random.js';

/** One endpoint that may be a peer. */
export interface PeerRecord extends KnownPeer {
  flags: PeerFlags;
  isConnected: boolean;
  failureCount: number;
  /** Not dialled before this. */
  nextAttemptMs: number;
  /** Not dialled at all: it is ourselves, or its connections come in only. */
  isDialable: boolean;
}

/** What the list needs to decide. */
export interface KnownPeersOptions {
  readonly maxPeers: () => number;
  readonly retryDelayMs: () => number;
  readonly maxFailures: () => number;
  readonly random: Random;
  /** Records were forgotten to make room. */
  readonly onErased: (records: readonly PeerRecord[]) => void;
}

/** How much jitter a retry gets, as a share of its delay. */
const jitter = 0.3;

/** Endpoints of a torrent, with what is known of each: bounded, and the order in which to dial them. */
export class KnownPeers {
  readonly #options: KnownPeersOptions;
  readonly #records = new Map<string, PeerRecord>();

  constructor(options: KnownPeersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#records.size;
  }

  list(): readonly PeerRecord[] {
    return [...this.#records.values()];
  }

  find(endpoint: Endpoint): PeerRecord | undefined {
    return this.#records.get(formatEndpoint(endpoint));
  }

  /** Adds an endpoint; `undefined` where the list is full of better ones. A known one gets the flags too. */
  add(endpoint: Endpoint, source: PeerSource, flags: PeerFlags): PeerRecord | undefined {
    const known = this.find(endpoint);
    if (known) {
      known.flags = { ...known.flags, ...flags };
      return known;
    }
    if (this.#records.size >= this.#options.maxPeers() && !this.#makeRoom()) return undefined;
    const record: PeerRecord = {
      endpoint,
      source,
      flags,
      isConnected: false,
      failureCount: 0,
      nextAttemptMs: Number.NEGATIVE_INFINITY,
      isDialable: true,
    };
    this.#records.set(formatEndpoint(endpoint), record);
    return record;
  }

  /** Forgets the least promising record that is not connected; false where there is none. */
  #makeRoom(): boolean {
    let worst: PeerRecord | undefined;
    for (const record of this.#records.values()) {
      if (record.isConnected) continue;
      if (worst === undefined || record.failureCount > worst.failureCount) worst = record;
    }
    if (worst === undefined || worst.failureCount === 0) return false;
    this.erase([worst]);
    return true;
  }

  erase(records: readonly PeerRecord[]): void {
    for (const { endpoint } of records) this.#records.delete(formatEndpoint(endpoint));
    if (records.length > 0) this.#options.onErased(records);
  }

  /** The endpoint to dial next, or `undefined` where none is due. Fewest failures first, else oldest first. */
  next(nowMs: number, options: { readonly skipSeeds: boolean }): PeerRecord | undefined {
    let best: PeerRecord | undefined;
    for (const record of this.#records.values()) {
      if (record.isConnected || !record.isDialable || record.nextAttemptMs > nowMs) continue;
      if (options.skipSeeds && record.flags.isSeed === true) continue;
      if (record.failureCount > this.#options.maxFailures()) continue;
      if (best === undefined || record.failureCount < best.failureCount) best = record;
    }
    return best;
  }

  /** A connection to the endpoint has ended. `failed`: it never became a peer. */
  closed(record: PeerRecord, nowMs: number, failed: boolean): void {
    record.isConnected = false;
    if (failed) record.failureCount++;
    else record.failureCount = 0;
    const delayMs = this.#options.retryDelayMs() * Math.max(1, record.failureCount);
    const factor = 1 + (this.#options.random.next() - 0.5) * jitter;
    this.backOff(record, nowMs + delayMs * factor);
  }

  /** Not to be dialled before `untilMs`. */
  backOff(record: PeerRecord, untilMs: number): void {
    record.nextAttemptMs = Math.max(record.nextAttemptMs, untilMs);
  }
}
