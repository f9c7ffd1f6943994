import type { Clock } from '../ports/clock.js';
import type { Settings } from '../settings/settings-table.js';
import type { Torrent } from '../torrent/torrent.js';
import { decideQueue, type QueueCandidate, type QueueLimits, type QueuePlace } from './queue-decision.js';

/** How often is looked whether torrents are slow. */
const periodMs = 30_000;
/** Periods in a row after which a torrent counts as slow. */
const slowPeriods = 2;
/** A torrent that moves less content than this on average is slow. */
const slowBytesPerSecond = 2 * 1024;

class Entry implements QueueCandidate {
  readonly torrent: Torrent;
  /** In the order, as of the last time that was gone through. */
  index: number;
  place: QueuePlace = 'queued';
  /** It was let in, but is not yet a candidate. */
  isExpected = false;
  #movedBytes = 0;
  #slowPeriods = 0;

  constructor(torrent: Torrent, index: number) {
    this.torrent = torrent;
    this.index = index;
  }

  /** Whether it could be active: it wants to be, and what it has is known. */
  get isCandidate(): boolean {
    const { torrent } = this;
    return torrent.life.isWilling && (torrent.info === undefined || torrent.data.isChecked);
  }

  get isSeed(): boolean {
    return this.torrent.isUploadOnly;
  }

  get isManaged(): boolean {
    return this.torrent.life.isAutoManaged;
  }

  get isSlow(): boolean {
    return this.#slowPeriods >= slowPeriods;
  }

  /** A period is over. */
  measure(elapsedMs: number): void {
    const { downloaded, uploaded } = this.torrent.meters;
    const total = this.isSeed ? uploaded.total : downloaded.total;
    const isSlow = (total - this.#movedBytes) * 1000 < slowBytesPerSecond * elapsedMs;
    this.#movedBytes = total;
    this.#slowPeriods = isSlow && this.torrent.life.isRunning ? this.#slowPeriods + 1 : 0;
  }
}

/** The order of a session's torrents, and which of them are active. */
export class TorrentQueue {
  readonly #clock: Clock;
  readonly #settings: Settings;
  readonly #entries: Entry[] = [];
  readonly #byTorrent = new Map<Torrent, Entry>();
  readonly #counts = { download: 0, seed: 0, extra: 0, expected: 0 };
  /** Index of the last one that counts, by kind: what comes after it can't take its place. */
  #lastDownload = -1;
  #lastSeed = -1;
  #limits: QueueLimits;
  #periodStartMs: number;
  #isScheduled = false;
  #isClosed = false;

  constructor(clock: Clock, settings: Settings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#limits = limitsOf(settings);
    this.#periodStartMs = clock.now();
  }

  /** Adds a torrent at the end. */
  add(torrent: Torrent): void {
    const entry = new Entry(torrent, this.#nextIndex);
    this.#entries.push(entry);
    this.#byTorrent.set(torrent, entry);
    this.#expect(entry, torrent.life.isRunning);
    this.changed(torrent);
  }

  /** Above all others', also while those have not closed up. */
  get #nextIndex(): number {
    return (this.#entries.at(-1)?.index ?? -1) + 1;
  }

  remove(torrent: Torrent): void {
    const entry = this.#byTorrent.get(torrent);
    if (entry === undefined) return;
    this.#byTorrent.delete(torrent);
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#expect(entry, false);
    if (entry.place !== 'queued') this.#schedule();
  }

  /** From 0; -1 for a torrent that is not here. O(torrents). */
  positionOf(torrent: Torrent): number {
    const entry = this.#byTorrent.get(torrent);
    return entry === undefined ? -1 : this.#entries.indexOf(entry);
  }

  /** A place that sorts as positions do. O(1). */
  rankOf(torrent: Torrent | undefined): number {
    return (torrent && this.#byTorrent.get(torrent)?.index) ?? this.#nextIndex;
  }

  /** Moves a torrent to a position, or the nearest there is; the others close up. O(torrents). */
  move(torrent: Torrent, position: number): void {
    const entry = this.#byTorrent.get(torrent);
    if (entry === undefined) return;
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#entries.splice(Math.max(0, position), 0, entry);
    this.#number();
    this.#schedule();
  }

  /** Whether there is room for one more that counts. O(1). */
  hasRoom(isSeed: boolean): boolean {
    const { download, seed, extra } = this.#counts;
    const { maxActiveDownloads, maxActiveSeeds, maxActiveTorrents } = this.#settings;
    if (download + seed + extra >= maxActiveTorrents) return false;
    return isSeed ? seed < maxActiveSeeds : download < maxActiveDownloads;
  }

  /** Whether there is a place for one of which nothing is known yet, beside those that were told so. O(1). */
  mayStart(): boolean {
    const { download, expected } = this.#counts;
    return this.hasRoom(false) && download + expected < this.#settings.maxActiveDownloads;
  }

  #expect(entry: Entry, isExpected: boolean): void {
    if (entry.isExpected === isExpected) return;
    entry.isExpected = isExpected;
    this.#counts.expected += isExpected ? 1 : -1;
  }

  /** What decides about a torrent may have changed. O(1); where others are concerned, they follow soon. */
  changed(torrent: Torrent): void {
    const entry = this.#byTorrent.get(torrent);
    if (entry === undefined) return;
    const { isSeed, isCandidate } = entry;
    if (isCandidate || !torrent.life.isRunning) this.#expect(entry, false);
    if (entry.place !== 'queued') {
      const isSame = isCandidate && entry.place === (isSeed ? 'seed' : 'download');
      if (!isSame) this.#schedule();
    } else if (isCandidate && !this.#isSettled(entry, isSeed)) {
      this.#schedule();
    }
  }

  /** Whether it is clear, without a look at the others, what becomes of one that counts for nothing. */
  #isSettled(entry: Entry, isSeed: boolean): boolean {
    const { isRunning, isAutoManaged } = entry.torrent.life;
    if (!isAutoManaged) return false;
    const hasRoom = this.hasRoom(isSeed);
    if (!isRunning) return !hasRoom && entry.index > (isSeed ? this.#lastSeed : this.#lastDownload);
    if (hasRoom) this.#place(entry, isSeed ? 'seed' : 'download');
    return hasRoom;
  }

  #place(entry: Entry, place: QueuePlace): void {
    entry.place = place;
    if (place === 'queued') return;
    this.#counts[place]++;
    if (place === 'download') this.#lastDownload = Math.max(this.#lastDownload, entry.index);
    if (place === 'seed') this.#lastSeed = Math.max(this.#lastSeed, entry.index);
  }

  #number(): void {
    for (const [index, entry] of this.#entries.entries()) entry.index = index;
  }

  /** About once a second. */
  tick(nowMs: number): void {
    const elapsedMs = nowMs - this.#periodStartMs;
    if (elapsedMs >= periodMs) {
      this.#periodStartMs = nowMs;
      for (const entry of this.#entries) entry.measure(elapsedMs);
      this.#run();
    }
  }

  /** How many may be active has changed, perhaps: decides anew at the end of this turn. */
  limitsChanged(): void {
    if (!this.#hasLimits(limitsOf(this.#settings))) this.#schedule();
  }

  #hasLimits(limits: QueueLimits): boolean {
    return (
      limits.maxActiveDownloads === this.#limits.maxActiveDownloads &&
      limits.maxActiveSeeds === this.#limits.maxActiveSeeds &&
      limits.maxActiveTorrents === this.#limits.maxActiveTorrents
    );
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.setImmediate(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  /** Decides anew. Plugins are told of it, and may change anything meanwhile: what they do is dealt with next. */
  #run(): void {
    if (this.#isClosed) return;
    this.#limits = limitsOf(this.#settings);
    this.#number();
    for (const place of ['download', 'seed', 'extra'] as const) this.#counts[place] = 0;
    this.#lastDownload = -1;
    this.#lastSeed = -1;
    const candidates: Entry[] = [];
    for (const entry of this.#entries) {
      if (entry.isCandidate) candidates.push(entry);
      else entry.place = 'queued';
    }
    decideQueue(candidates, this.#limits, (entry, place) => this.#place(entry, place));
    const changing = candidates.filter(
      ({ place, torrent }) => torrent.life.isAutoManaged && (place !== 'queued') !== torrent.life.isRunning,
    );
    // Who stops makes room for who starts.
    for (const { place, torrent } of changing) if (place === 'queued') torrent.life.hold();
    for (const { place, torrent } of changing) if (place !== 'queued') torrent.life.release();
  }

  /** Nothing is started or stopped any more. */
  close(): void {
    this.#isClosed = true;
  }
}

function limitsOf({ maxActiveDownloads, maxActiveSeeds, maxActiveTorrents }: Settings): QueueLimits {
  return { maxActiveDownloads, maxActiveSeeds, maxActiveTorrents };
}
