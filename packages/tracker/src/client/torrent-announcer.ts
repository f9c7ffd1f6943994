import {
  type Endpoint,
  formatEndpoint,
  type TorrentContext,
  type TorrentPlugin,
} from '@peerloom/core/plugin';
import { AnnounceTimes } from './announce-times.js';
import type { Announcement } from './announcement.js';
import { sleep, withDeadline } from './deadline.js';
import { leftBytes } from './left-bytes.js';
import { greatest, type Tracker, type TrackerAnswer, type TrackerNetwork } from './tracker.js';
import { asTrackerError, TrackerError } from './tracker-error.js';
import { TrackerList } from './tracker-list.js';
import type { ScrapeResult, TorrentTrackers, TrackerStatus } from './tracker-status.js';
import { usablePeers } from './usable-peers.js';

/** What all announcers of a session share. */
export interface AnnouncerOwner {
  readonly network: TrackerNetwork;
  /** Posts an alert, where that still goes. */
  post(event: string, torrent: TorrentContext, data: Readonly<Record<string, unknown>>): void;
  /** Adds to a counter. */
  count(name: CounterName, amount?: number): void;
  /** What the extension waits for when it leaves. */
  leaving(promise: Promise<void>): void;
}

/** Names of the counters. */
export type CounterName = 'announces' | 'replies' | 'failures' | 'peers' | 'refused' | 'scrapes' | 'strays';

/** A time in which a torrent is announced. */
interface Run {
  readonly controller: AbortController;
  readonly sinceMs: number;
}

const wantedPeers = 80;
/** A torrent that misses data and has fewer connections asks for peers before it is time. */
const fewPeers = 5;
/** Others are tried when a tracker has not answered for so long; it may still. */
const slowAfterMs = 15_000;
const stopTimeoutMs = 3_000;
/** How long the first announce waits for the session to listen. */
const listenPatienceMs = 3_000;
/** How long peers of a tracker that is no longer used are left alone. */
const switchBackoffMs = 30 * 60_000;

/** The announces of one torrent. */
export class TorrentAnnouncer implements TorrentPlugin, TorrentTrackers {
  readonly #torrent: TorrentContext;
  readonly #owner: AnnouncerOwner;
  readonly #key: number;
  readonly #times: AnnounceTimes;
  readonly #list: TrackerList;
  /** The tracker that answered last; in a private torrent the one whose peers there are. */
  #current: Tracker | undefined;
  /** While the torrent is to be announced. */
  #run: Run | undefined;
  #isAnnouncing = false;
  /** While it was being announced, it has begun to listen elsewhere. */
  #hasMoved = false;
  #hasToldUnsupported = false;
  /** While trackers are told that it has stopped. */
  #stopping: Promise<void> | undefined;
  #hasDownloaded = false;
  #hasCompleted = false;

  constructor(torrent: TorrentContext, owner: AnnouncerOwner) {
    this.#torrent = torrent;
    this.#owner = owner;
    const { session } = owner.network;
    this.#key = Buffer.from(session.secureRandom.bytes(4)).readUInt32BE();
    this.#times = new AnnounceTimes(session.random);
    this.#list = new TrackerList(owner.network, torrent.trackers);
  }

  onPiecePass(): void {
    this.#hasDownloaded = true;
  }

  trackers(): readonly TrackerStatus[] {
    return this.#list.statuses(this.#now());
  }

  get nextAnnounceInMs(): number | undefined {
    if (this.#run === undefined) return undefined;
    if (this.#isAnnouncing) return 0;
    const { dueMs } = this.#times;
    return Number.isFinite(dueMs) ? Math.max(0, dueMs - this.#now()) : undefined;
  }

  announceNow(): void {
    for (const tracker of this.#list.all()) tracker.allowRetry();
    this.#times.wanted(this.#now());
  }

  async scrape(): Promise<ScrapeResult> {
    const supported = this.#list.all().filter(({ isSupported }) => isSupported);
    const isWorking = (candidate: Tracker): boolean =>
      candidate === this.#current && candidate.error === undefined;
    const tracker = supported.find(isWorking) ?? supported[0];
    if (tracker === undefined) throw new TrackerError('TRACKER_NONE', 'the torrent has no tracker to ask');
    const { infoHash } = this.#torrent;
    const { text: url } = tracker;
    try {
      this.#owner.count('scrapes');
      const counts = await tracker.scrape(infoHash, new AbortController().signal);
      const { seeders, leechers, completed } = counts ?? { seeders: 0, leechers: 0, completed: 0 };
      Object.assign(tracker, { seeders, leechers, completed });
      this.#post('scrape', { url, seeders, leechers, completed });
      return { url, seeders, leechers, completed };
    } catch (cause) {
      const error = asTrackerError(cause);
      this.#post('scrapeFailure', { url, code: error.code, message: error.message });
      throw error;
    }
  }

  addTracker(url: string, tier?: number): void {
    this.replaceTrackers(this.#list.urlsWith(url, tier));
  }

  replaceTrackers(tiers: readonly (readonly string[])[]): void {
    const gone = this.#list.replace(tiers);
    if (this.#run !== undefined) {
      // What is under way may be with one of those, or go on to one.
      if (gone.length > 0) this.#restart(this.#run);
      this.#times.eventAt(this.#now());
    }
    for (const tracker of gone) this.#contain(this.#tellStopped(tracker));
  }

  #restart({ controller, sinceMs }: Run): void {
    controller.abort(new TrackerError('TRACKER_ABORTED', 'the trackers are other ones now'));
    this.#run = { controller: new AbortController(), sinceMs };
  }

  /** About once a second. */
  follow(): void {
    if (this.#isActive() !== (this.#run !== undefined)) {
      if (this.#run === undefined) this.#start();
      else this.stop();
    }
    if (this.#run === undefined || this.#isAnnouncing || this.#stopping !== undefined) return;
    this.#noticeCompletion();
    const nowMs = this.#now();
    const { listenEndpoints } = this.#owner.network.session;
    if (listenEndpoints.length === 0 && nowMs - this.#run.sinceMs < listenPatienceMs) return;
    if (this.#times.isDue(nowMs, this.#isShortOfPeers())) this.#announce(this.#run.controller.signal);
  }

  /** The session listens somewhere else: trackers should know. */
  listening(): void {
    if (this.#isAnnouncing) this.#hasMoved = true;
    else if (this.#run !== undefined) this.#times.wanted(this.#now());
  }

  /** Whether the torrent has left. */
  get isOver(): boolean {
    return this.#torrent.isClosed;
  }

  /** Ends announcing: trackers that know of us are told, within three seconds. */
  stop(): void {
    this.#noticeCompletion();
    this.#run?.controller.abort(new TrackerError('TRACKER_ABORTED', 'the torrent has stopped'));
    this.#run = undefined;
    const told = this.#list.all().filter(({ knowsUs }) => knowsUs);
    if (told.length === 0) return;
    this.#stopping = Promise.all(told.map((tracker) => this.#tellStopped(tracker))).then(() => {
      this.#stopping = undefined;
    });
    this.#contain(this.#stopping);
  }

  #isActive(): boolean {
    const { isClosed, isPaused, isQueued, state } = this.#torrent;
    return !isClosed && !isPaused && !isQueued && state !== 'checkingFiles' && state !== 'error';
  }

  #start(): void {
    this.#run = { controller: new AbortController(), sinceMs: this.#now() };
    this.#times.eventAt(this.#now());
    if (this.#hasToldUnsupported) return;
    this.#hasToldUnsupported = true;
    for (const tracker of this.#list.all()) {
      if (tracker.error !== undefined && !tracker.isSupported)
        this.#tellFailure(tracker, tracker.error, Number.POSITIVE_INFINITY);
    }
  }

  #noticeCompletion(): void {
    if (this.#hasCompleted || !this.#hasDownloaded || this.#torrent.state !== 'seeding') return;
    this.#hasCompleted = true;
    for (const tracker of this.#list.all()) tracker.owesCompleted();
    if (this.#list.all().some(({ knowsUs }) => knowsUs)) this.#times.eventAt(this.#now());
  }

  #isShortOfPeers(): boolean {
    const { state, stats } = this.#torrent;
    const isMissingData = state === 'downloading' || state === 'downloadingMetadata';
    return isMissingData && stats.peerCount < fewPeers;
  }

  #announce(signal: AbortSignal): void {
    this.#isAnnouncing = true;
    this.#times.dueMs = Number.POSITIVE_INFINITY;
    const round = this.#round(signal).finally(() => {
      this.#isAnnouncing = false;
      if (this.#hasMoved) this.#times.wanted(this.#now());
      this.#hasMoved = false;
    });
    this.#contain(round);
  }

  /** In order of the tiers, until one answers (BEP 12). */
  async #round(signal: AbortSignal): Promise<void> {
    const attempts: Promise<boolean>[] = [];
    for (const tracker of this.#list.all()) {
      if (signal.aborted) return;
      if (!tracker.isSupported || tracker.isAnnouncing || tracker.retryAtMs > this.#now()) continue;
      const attempt = this.#attempt(tracker, signal);
      attempts.push(attempt);
      if (await this.#answersSoon(attempt)) return;
    }
    const isAnswered = (await Promise.all(attempts)).includes(true);
    if (signal.aborted || isAnswered) return;
    const retries = this.#list
      .all()
      .map(({ isSupported, retryAtMs }) => (isSupported ? retryAtMs : Number.POSITIVE_INFINITY));
    this.#times.dueMs = Math.min(this.#times.dueMs, ...retries);
  }

  /** A private torrent uses one tracker at a time (BEP 27): there others have to wait until it has failed. */
  async #answersSoon(attempt: Promise<boolean>): Promise<boolean> {
    if (this.#torrent.isPrivate === true) return attempt;
    const patience = new AbortController();
    const { clock } = this.#owner.network.session;
    const late = sleep(clock, slowAfterMs, patience.signal).then(() => false);
    try {
      return await Promise.race([attempt, late]);
    } finally {
      patience.abort();
    }
  }

  /** Whether the tracker has answered. */
  async #attempt(tracker: Tracker, signal: AbortSignal): Promise<boolean> {
    tracker.isAnnouncing = true;
    try {
      const answers = await tracker.announce((fields) => this.#describe(tracker, fields), signal);
      if (signal.aborted) return false;
      this.#answered(tracker, answers);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#failed(tracker, asTrackerError(error));
      return false;
    } finally {
      tracker.isAnnouncing = false;
    }
  }

  #describe(
    { text: url }: Tracker,
    fields: Pick<Announcement, 'event' | 'port' | 'trackerId'>,
  ): Announcement {
    const { infoHash, stats } = this.#torrent;
    this.#owner.count('announces');
    this.#post('announce', { url, event: fields.event, port: fields.port });
    return {
      ...fields,
      infoHash,
      peerId: this.#owner.network.session.peerId,
      uploadedBytes: stats.uploadedBytes,
      downloadedBytes: stats.downloadedBytes,
      corruptBytes: stats.wastedBytes,
      leftBytes: leftBytes(this.#torrent),
      key: this.#key,
      numWant: fields.event === 'stopped' ? 0 : wantedPeers,
    };
  }

  #answered(tracker: Tracker, answers: readonly TrackerAnswer[]): void {
    const replies = answers.map(({ reply }) => reply);
    const { text: url } = tracker;
    tracker.answered(answers);
    this.#list.promote(tracker);
    this.#switchTo(
      tracker,
      replies.flatMap(({ peers }) => peers),
    );
    const newPeers = answers.reduce((sum, answer) => sum + this.#learn(answer), 0);
    const intervalMs = greatest(replies, 'intervalMs');
    const minIntervalMs = greatest(replies, 'minIntervalMs');
    this.#times.answered(this.#now(), { intervalMs, minIntervalMs }, newPeers > 0);
    this.#owner.count('replies');
    const peers = replies.reduce((sum, reply) => sum + reply.peers.length, 0);
    const { seeders, leechers, warning } = tracker;
    this.#post('reply', { url, peers, newPeers, seeders, leechers, intervalMs });
    if (warning !== undefined) this.#post('warning', { url, message: warning });
  }

  /** Who moves to another tracker with a private torrent leaves the peers of the one before (BEP 27). */
  #switchTo(tracker: Tracker, peers: readonly Endpoint[]): void {
    const isAnother = this.#current !== undefined && this.#current !== tracker;
    this.#current = tracker;
    if (!isAnother || this.#torrent.isPrivate !== true) return;
    const known = new Set(peers.map(formatEndpoint));
    for (const peer of this.#torrent.peers()) {
      const { listenEndpoint } = peer;
      if (listenEndpoint !== undefined && known.has(formatEndpoint(listenEndpoint))) continue;
      peer.disconnect('another tracker of a private torrent is used', { backoffMs: switchBackoffMs });
    }
  }

  /** How many peers of a reply are new. */
  #learn(answer: TrackerAnswer): number {
    const usable = usablePeers(answer);
    this.#owner.count('refused', answer.reply.peers.length - usable.length);
    const added = usable.filter((peer) => !this.#torrent.isClosed && this.#torrent.addPeer(peer, 'tracker'));
    this.#owner.count('peers', added.length);
    return added.length;
  }

  #failed(tracker: Tracker, error: TrackerError): void {
    const retryInMs = tracker.failed(error);
    this.#tellFailure(tracker, error, retryInMs);
  }

  async #tellStopped(tracker: Tracker): Promise<void> {
    const { clock } = this.#owner.network.session;
    const stopped = withDeadline(clock, stopTimeoutMs, new AbortController().signal, (signal) =>
      tracker.announceStopped((fields) => this.#describe(tracker, fields), signal),
    ).catch((error: unknown) => this.#tellFailure(tracker, asTrackerError(error), undefined));
    this.#owner.leaving(stopped);
    await stopped;
  }

  #tellFailure(
    { text: url, failureCount }: Tracker,
    error: TrackerError,
    retryInMs: number | undefined,
  ): void {
    const { code, message } = error;
    this.#owner.count('failures');
    this.#post('failure', { url, code, message, failureCount, retryInMs });
  }

  #post(event: string, data: Readonly<Record<string, unknown>>): void {
    this.#owner.post(event, this.#torrent, data);
  }

  #now(): number {
    return this.#owner.network.session.clock.now();
  }

  /** What fails in there is a fault of ours, not of a tracker: it reaches the engine as that. */
  #contain(work: Promise<void>): void {
    work.catch((error: unknown) => {
      const { session } = this.#owner.network;
      if (session.isClosed) return;
      session.clock.setImmediate(() => {
        throw error;
      });
    });
  }
}
