import { bytesEqual } from '@peerloom/core/plugin';
import { Attempt } from './attempt.js';
import { blockSizeOf } from './metadata-blocks.js';
import type { MetadataFault, MetadataSource } from './metadata-source.js';

/** What a {@link MetadataFetch} needs. */
export interface MetadataFetchOptions {
  /** SHA-1 that the metadata has. */
  readonly infoHash: Uint8Array;
  /** Larger metadata is not fetched, and no more is kept at one time. */
  readonly maxBytes: number;
  readonly clock: { now(): number };
  /** Bytes that hash to the infohash are there. Called once. */
  readonly found: (bytes: Uint8Array) => void;
  /** Blocks of several peers do not make up the metadata; nobody knows yet who lies. */
  readonly mixtureFailed: (senderCount: number) => void;
  /** A peer did what it should not. It is backed off already; it may be removed in the call. */
  readonly faulted: (source: MetadataSource, fault: MetadataFault) => void;
}

type SourcesAttempt = Attempt<MetadataSource>;

/** A block as it came. */
export interface MetadataBlock {
  /** From 0. */
  readonly block: number;
  /** Length of the whole metadata, as its sender says; `undefined` where it does not. */
  readonly totalBytes: number | undefined;
  readonly bytes: Uint8Array;
}

/** The peers that claim one size. */
interface SizeGroup {
  /** What they put together. */
  shared: SourcesAttempt | undefined;
  /** Their blocks did not fit together: from then on each is taken at its own word. */
  isSplit: boolean;
}

/** Attempts of single peers under way at one time, slow ones not counted. */
const maxSoloAttempts = 4;
/** After a refusal: most likely the peer has no metadata itself yet. */
const refusedRestMs = 60_000;
/** After blocks had to make room for others. */
const evictedRestMs = 10_000;
/** Addresses of which it is remembered that they sent wrong metadata; the oldest is forgotten for one more. */
const maxLiarAddresses = 1024;

/**
 * Gets metadata from peers of which some lie. Peers that claim the same size work together, until what they
 * have put together fails its hash. Then each of them has to send all of it, so that one failure more shows who
 * lies: as many wrong attempts as there are liars, and the first honest peer ends it. What lies elsewhere, in
 * another size or by silence, is never waited for. Who has waited longest is asked first, so that those who
 * connect again and again do not get ahead of others.
 */
export class MetadataFetch {
  readonly #options: MetadataFetchOptions;
  readonly #sources = new Set<MetadataSource>();
  readonly #groups = new Map<number, SizeGroup>();
  readonly #attempts = new Set<SourcesAttempt>();
  /** Failures by address of those that sent everything, and it was wrong. */
  readonly #liars = new Map<string, number>();
  #lastTurn = 0;
  #isOver = false;

  constructor(options: MetadataFetchOptions) {
    this.#options = options;
  }

  /** Bytes of all blocks that are kept: at most `maxBytes`. */
  get heldBytes(): number {
    let sum = 0;
    for (const { heldBytes } of this.#attempts) sum += heldBytes;
    return sum;
  }

  /** A peer can be asked for metadata. */
  add(source: MetadataSource): void {
    if (!this.#sources.has(source)) {
      this.#sources.add(source);
      this.#sendBack(source);
      this.#recall(source);
    }
    this.#askMore(source);
  }

  /** A peer is gone, or does not take part any more. */
  remove(source: MetadataSource): void {
    if (!this.#sources.delete(source)) return;
    source.rest(0, this.#now);
    this.#leave(source);
    this.#askAll();
  }

  /** A peer says how large the metadata is. */
  claim(source: MetadataSource, sizeBytes: number): void {
    // Some say 0 while they do not know.
    if (this.#isOver || sizeBytes === source.claimedBytes || sizeBytes <= 0) return;
    if (!this.#believe(source, sizeBytes)) return;
    source.wake();
    this.#recall(source);
    this.#askMore(source);
  }

  /** False where the peer has said another size before, or the size is past the limit. */
  #believe(source: MetadataSource, sizeBytes: number): boolean {
    const isChanged = source.claimedBytes !== undefined;
    this.#leave(source);
    source.claimedBytes = sizeBytes;
    source.isExcluded ||= sizeBytes > this.#options.maxBytes;
    if (!isChanged && !source.isExcluded) return true;
    this.#fault(source, 'size');
    return false;
  }

  /** A peer has sent a block. */
  data(source: MetadataSource, { block, totalBytes, bytes }: MetadataBlock): void {
    if (this.#isOver || !this.#sources.has(source)) return;
    if (!source.settle(block)) {
      this.#fault(source, 'unasked');
      return;
    }
    source.attempt?.release(block);
    const isFirstSize = source.claimedBytes === undefined && totalBytes !== undefined && totalBytes > 0;
    if (isFirstSize && !this.#believe(source, totalBytes)) return;
    const { claimedBytes } = source;
    if (claimedBytes === undefined || (totalBytes ?? claimedBytes) !== claimedBytes) {
      this.#fault(source, 'size');
    } else if (bytes.length !== blockSizeOf(claimedBytes, block)) {
      this.#fault(source, 'length');
    } else if (!source.isExcluded) {
      this.#take(source, block, bytes);
    }
  }

  #take(source: MetadataSource, block: number, bytes: Uint8Array): void {
    source.answered();
    const attempt = source.isUsable(this.#now) ? this.#attemptOf(source) : source.attempt;
    if (attempt === undefined) return;
    if (!attempt.has(block)) {
      if (!this.#makeRoom(attempt, bytes.length)) return;
      attempt.put(block, bytes, source, this.#now);
    }
    if (attempt.missingBytes === 0) this.#verify(attempt);
    else this.#askMore(source);
  }

  /** A peer will not send a block. */
  reject(source: MetadataSource, block: number): void {
    if (this.#isOver || !this.#sources.has(source)) return;
    if (!source.settle(block)) {
      this.#fault(source, 'unasked');
      return;
    }
    source.attempt?.release(block);
    source.rest(refusedRestMs, this.#now);
    this.#askAll();
  }

  /** Time has passed: gives up requests that are not answered, and asks whoever can be asked. */
  tick(): void {
    if (this.#isOver) return;
    const nowMs = this.#now;
    for (const source of [...this.#sources]) if (source.isSilent(nowMs)) this.#fault(source, 'silent');
    this.#askAll();
  }

  /** No more is asked for, and nothing kept. */
  end(): void {
    this.#isOver = true;
    for (const source of this.#sources) source.attempt = undefined;
    this.#sources.clear();
    this.#liars.clear();
    this.#groups.clear();
    this.#attempts.clear();
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  #fault(source: MetadataSource, fault: MetadataFault): void {
    source.disappoint(this.#now);
    this.#sendBack(source);
    if (fault === 'hash') this.#remember(source);
    this.#options.faulted(source, fault);
  }

  /** Puts a peer behind all others that are there, and before all that come. */
  #sendBack(source: MetadataSource): void {
    this.#lastTurn++;
    source.turn = this.#lastTurn;
  }

  #remember({ address, failures }: MetadataSource): void {
    if (address === undefined) return;
    this.#liars.delete(address);
    this.#liars.set(address, failures);
    for (const oldest of this.#liars.keys()) {
      if (this.#liars.size <= maxLiarAddresses) break;
      this.#liars.delete(oldest);
    }
  }

  /** Where wrong metadata came from before, a connection more is no new start. */
  #recall(source: MetadataSource): void {
    const failures = source.address === undefined ? undefined : this.#liars.get(source.address);
    if (failures !== undefined) source.recall(failures, this.#now);
  }

  /** Asks all peers for as much as they may be asked for, those that have waited longest first. */
  #askAll(): void {
    const ranked = [...this.#sources].sort((a, b) => a.turn - b.turn);
    for (const source of ranked) this.#askMore(source);
  }

  #askMore(source: MetadataSource): void {
    const nowMs = this.#now;
    while (!this.#isOver && this.#sources.has(source) && source.hasRoom(nowMs)) {
      if (source.claimedBytes === undefined) {
        // It has not said a size, but what it sends will.
        if (!source.isAsked) source.ask(0, nowMs);
        return;
      }
      const attempt = this.#attemptOf(source);
      const block = attempt?.next(source, nowMs);
      if (attempt === undefined || block === undefined) return;
      if (!source.ask(block, nowMs)) return;
      attempt.asked(block, nowMs);
    }
  }

  /** What the peer's blocks go into; `undefined` where it has to wait for its turn. */
  #attemptOf(source: MetadataSource): SourcesAttempt | undefined {
    const { claimedBytes } = source;
    if (source.attempt !== undefined || claimedBytes === undefined) return source.attempt;
    let group = this.#groups.get(claimedBytes);
    if (group === undefined) {
      group = { shared: undefined, isSplit: false };
      this.#groups.set(claimedBytes, group);
    }
    if (!group.isSplit) {
      group.shared ??= this.#begin(claimedBytes, false);
      source.attempt = group.shared;
    } else if (this.#isTurnOf(source)) {
      source.attempt = this.#begin(claimedBytes, true);
      this.#sendBack(source);
    }
    return source.attempt;
  }

  #begin(sizeBytes: number, isSolo: boolean): SourcesAttempt {
    const attempt = new Attempt<MetadataSource>({ sizeBytes, isSolo, nowMs: this.#now });
    this.#attempts.add(attempt);
    return attempt;
  }

  /** Whether a place for an attempt of its own is left for a peer, after those that have waited longer. */
  #isTurnOf(source: MetadataSource): boolean {
    const nowMs = this.#now;
    let left = maxSoloAttempts - this.#soloCount();
    for (const other of this.#sources) {
      const { attempt, claimedBytes, turn } = other;
      if (turn >= source.turn || attempt !== undefined || claimedBytes === undefined) continue;
      if (other.hasRoom(nowMs) && this.#groups.get(claimedBytes)?.isSplit === true) left--;
    }
    return left > 0;
  }

  /** Attempts of single peers that others have to wait for. */
  #soloCount(): number {
    const nowMs = this.#now;
    let count = 0;
    for (const source of this.#sources) {
      if (source.attempt?.isSolo === true && source.isUsable(nowMs) && !source.attempt.isSlow(nowMs)) count++;
    }
    return count;
  }

  /** Takes a peer out of its attempt; what nobody works on is dropped. */
  #leave(source: MetadataSource): void {
    const { attempt, claimedBytes } = source;
    source.attempt = undefined;
    if (attempt?.isSolo === true) this.#attempts.delete(attempt);
    if (claimedBytes === undefined) return;
    for (const other of this.#sources) if (other !== source && other.claimedBytes === claimedBytes) return;
    const shared = this.#groups.get(claimedBytes)?.shared;
    if (shared !== undefined) this.#attempts.delete(shared);
    this.#groups.delete(claimedBytes);
  }

  #drop(attempt: SourcesAttempt): void {
    this.#attempts.delete(attempt);
    const group = this.#groups.get(attempt.sizeBytes);
    if (group?.shared === attempt) group.shared = undefined;
    for (const source of this.#sources) if (source.attempt === attempt) source.attempt = undefined;
  }

  /** All blocks are there. */
  #verify(attempt: SourcesAttempt): void {
    if (bytesEqual(attempt.digest(), this.#options.infoHash)) {
      const bytes = attempt.bytes();
      this.end();
      this.#options.found(bytes);
      return;
    }
    const [first, ...others] = attempt.senders;
    this.#drop(attempt);
    if (others.length === 0 && first !== undefined) {
      first.isExcluded = true;
      this.#fault(first, 'hash');
    } else {
      const group = this.#groups.get(attempt.sizeBytes);
      if (group !== undefined) group.isSplit = true;
      this.#options.mixtureFailed(attempt.senders.size);
    }
    this.#askAll();
  }

  /** Drops attempts until a block more can be kept. False where the block's own was the one to go. */
  #makeRoom(attempt: SourcesAttempt, lengthBytes: number): boolean {
    while (this.heldBytes + lengthBytes > this.#options.maxBytes) {
      const worst = this.#worstAttempt();
      if (worst === undefined) return false;
      const nowMs = this.#now;
      for (const source of this.#sources) {
        if (source.attempt !== worst) continue;
        // Who held up others without need comes after them the next time.
        if (worst.isSlow(nowMs)) source.disappoint(nowMs);
        else source.rest(evictedRestMs, nowMs);
      }
      this.#drop(worst);
      if (worst === attempt) return false;
    }
    return true;
  }

  /** The one with nobody left to ask, or slow, or the largest; of those alike the last begun, so that others get done. */
  #worstAttempt(): SourcesAttempt | undefined {
    const nowMs = this.#now;
    const usable = new Set<SourcesAttempt>();
    for (const source of this.#sources) {
      if (source.attempt !== undefined && source.isUsable(nowMs)) usable.add(source.attempt);
    }
    const rank = (attempt: SourcesAttempt): readonly number[] => [
      usable.has(attempt) ? 0 : 1,
      attempt.isSlow(nowMs) ? 1 : 0,
      attempt.sizeBytes,
    ];
    const [worst] = [...this.#attempts].reverse().sort((a, b) => compare(rank(b), rank(a)));
    return worst;
  }
}

/** Less than 0 where `a` comes before `b`, by the first of their numbers that differ. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, number] of a.entries()) {
    const difference = number - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
