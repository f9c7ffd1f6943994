import { type Endpoint, formatEndpoint } from '../common/endpoint.js';
import type { PeerFlags, PeerSource } from '../common/peer-source.js';
import type { Random } from '../ports/random.js';
import { DialOrder } from './dial-order.js';
import { IndexedHeap } from './indexed-heap.js';
import type { PeerRecord } from './peer-record.js';
import { sourceCap, sourceRank } from './peer-sources.js';

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

/**
 * Endpoints of a torrent, with what is known of each: bounded, by source too, and the order in which to dial
 * them. Everything but listing is O(log n).
 */
export class KnownPeers {
  readonly #options: KnownPeersOptions;
  readonly #records = new Map<string, PeerRecord>();
  readonly #order = new DialOrder();
  /** Those that are not connected, by source, the least promising first. */
  readonly #expendable = new Map<PeerSource, IndexedHeap<PeerRecord>>();
  readonly #counts = new Map<PeerSource, number>();
  #added = 0;

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

  /**
   * Adds an endpoint; `undefined` where the list, or the source's part of it, is full of better ones. A known
   * one gets the flags too, and the source where that is better.
   */
  add(endpoint: Endpoint, source: PeerSource, flags: PeerFlags): PeerRecord | undefined {
    const known = this.find(endpoint);
    if (known) {
      this.#toldAgain(known, source, flags);
      return known;
    }
    if (!this.#makeRoom(source)) return undefined;
    const record: PeerRecord = {
      endpoint,
      source,
      flags,
      isConnected: false,
      failureCount: 0,
      nextAttemptMs: Number.NEGATIVE_INFINITY,
      lastClosedMs: Number.NEGATIVE_INFINITY,
      isDialable: true,
      sequence: this.#added++,
    };
    this.#records.set(formatEndpoint(endpoint), record);
    this.#count(source, 1);
    this.#place(record);
    return record;
  }

  #toldAgain(record: PeerRecord, source: PeerSource, flags: PeerFlags): void {
    this.#change(record, () => {
      record.flags = { ...record.flags, ...flags };
      // Who is asked first hand says that it is there: worth another try.
      if (source === 'tracker' || source === 'manual')
        record.failureCount = Math.max(0, record.failureCount - 1);
      if (sourceRank(source) >= sourceRank(record.source)) return;
      this.#count(record.source, -1);
      this.#count(source, 1);
      record.source = source;
    });
  }

  /** Makes room for one of the source where there is none; false where nothing less promising is there. */
  #makeRoom(source: PeerSource): boolean {
    const maxPeers = this.#options.maxPeers();
    let victim: PeerRecord | undefined;
    if ((this.#counts.get(source) ?? 0) >= sourceCap(source, maxPeers)) {
      victim = this.#expendable.get(source)?.peek();
    } else if (this.#records.size >= maxPeers) {
      victim = this.#leastPromising();
    } else {
      return true;
    }
    if (victim === undefined) return false;
    if (victim.failureCount === 0 && sourceRank(victim.source) <= sourceRank(source)) return false;
    this.erase([victim]);
    return true;
  }

  /** Forgets those of least use that are not connected, down to as many as there may be. */
  trim(): void {
    const victims: PeerRecord[] = [];
    for (let excess = this.#records.size - this.#options.maxPeers(); excess > 0; excess--) {
      const victim = this.#leastPromising();
      if (victim === undefined) break;
      this.#forget(victim);
      victims.push(victim);
    }
    if (victims.length > 0) this.#options.onErased(victims);
  }

  #leastPromising(): PeerRecord | undefined {
    let victim: PeerRecord | undefined;
    for (const heap of this.#expendable.values()) {
      const worst = heap.peek();
      if (worst && (victim === undefined || isLessPromising(worst, victim))) victim = worst;
    }
    return victim;
  }

  #forget(record: PeerRecord): void {
    this.#displace(record);
    this.#records.delete(formatEndpoint(record.endpoint));
    this.#count(record.source, -1);
  }

  erase(records: readonly PeerRecord[]): void {
    for (const record of records) {
      if (this.#isHere(record)) this.#forget(record);
    }
    if (records.length > 0) this.#options.onErased(records);
  }

  /** The endpoint to dial next, or `undefined` where none is due; see {@link DialOrder}. */
  next(nowMs: number, options: { readonly skipSeeds: boolean }): PeerRecord | undefined {
    const best = this.#order.next(nowMs, options);
    // Those with fewest failures come first: where this one has too many all others have.
    return best && best.failureCount <= this.#options.maxFailures() ? best : undefined;
  }

  /** A connection to the endpoint begins. */
  opened(record: PeerRecord): void {
    this.#change(record, () => {
      record.isConnected = true;
    });
  }

  /** A connection to the endpoint has ended. `failed`: it never became a peer. */
  closed(record: PeerRecord, nowMs: number, failed: boolean): void {
    this.#change(record, () => {
      record.isConnected = false;
      record.lastClosedMs = nowMs;
      record.failureCount = failed ? record.failureCount + 1 : 0;
      const delayMs = this.#options.retryDelayMs() * Math.max(1, record.failureCount);
      const factor = 1 + (this.#options.random.next() - 0.5) * jitter;
      record.nextAttemptMs = Math.max(record.nextAttemptMs, nowMs + delayMs * factor);
    });
  }

  /** Not to be dialled before `untilMs`. */
  backOff(record: PeerRecord, untilMs: number): void {
    this.#change(record, () => {
      record.nextAttemptMs = Math.max(record.nextAttemptMs, untilMs);
    });
  }

  /** Never to be dialled: it is ourselves. */
  notDialable(record: PeerRecord): void {
    this.#change(record, () => {
      record.isDialable = false;
    });
  }

  /** It has everything. */
  markSeed(record: PeerRecord): void {
    this.#change(record, () => {
      record.flags = { ...record.flags, isSeed: true };
    });
  }

  #change(record: PeerRecord, change: () => void): void {
    this.#displace(record);
    change();
    this.#place(record);
  }

  #place(record: PeerRecord): void {
    if (record.isConnected || !this.#isHere(record)) return;
    this.#heapOf(record.source).add(record);
    if (record.isDialable) this.#order.add(record);
  }

  #displace(record: PeerRecord): void {
    this.#expendable.get(record.source)?.delete(record);
    this.#order.delete(record);
  }

  /** A record may be forgotten while its connection is open. */
  #isHere(record: PeerRecord): boolean {
    return this.find(record.endpoint) === record;
  }

  #heapOf(source: PeerSource): IndexedHeap<PeerRecord> {
    let heap = this.#expendable.get(source);
    if (heap === undefined) {
      heap = new IndexedHeap(isLessPromising);
      this.#expendable.set(source, heap);
    }
    return heap;
  }

  #count(source: PeerSource, delta: 1 | -1): void {
    this.#counts.set(source, (this.#counts.get(source) ?? 0) + delta);
  }
}

/** More failures, then a worse source, then the newer one: a flood of new ones pushes out itself. */
function isLessPromising(a: PeerRecord, b: PeerRecord): boolean {
  if (a.failureCount !== b.failureCount) return a.failureCount > b.failureCount;
  const byRank = sourceRank(a.source) - sourceRank(b.source);
  return byRank !== 0 ? byRank > 0 : a.sequence > b.sequence;
}
