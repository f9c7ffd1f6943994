import { definePluginKey } from '@peerloom/core/plugin';

/** What one tracker of a torrent is doing. */
export interface TrackerStatus {
  /** As the torrent or magnet link has it. */
  readonly url: string;
  /** From 0; lower ones are tried first (BEP 12). */
  readonly tier: number;
  /**
   * - `idle`: not asked yet, or not needed while another works.
   * - `announcing`: a request is under way.
   * - `working`: the last announce was answered.
   * - `failed`: the last announce failed; see `error`.
   * - `unsupported`: not a URL of a tracker over HTTP, HTTPS or UDP; it is never asked.
   */
  readonly state: 'idle' | 'announcing' | 'working' | 'failed' | 'unsupported';
  /** Failures in a row. */
  readonly failureCount: number;
  /** Why the last announce failed; `code` is one of `TRACKER_…`. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
  /** When it may be asked again after a failure, in ms from now; `Infinity`: never. */
  readonly retryInMs: number | undefined;
  /** What it last warned of. */
  readonly warning: string | undefined;
  /** Peers that have everything, as far as it said. */
  readonly seeders: number | undefined;
  /** Peers that have not, as far as it said. */
  readonly leechers: number | undefined;
  /** How often the torrent was downloaded, as far as it said. */
  readonly completed: number | undefined;
}

/** What a tracker says of a torrent without being announced to. */
export interface ScrapeResult {
  /** Which tracker. */
  readonly url: string;
  /** Peers that have everything. */
  readonly seeders: number;
  /** Peers that have not. */
  readonly leechers: number;
  /** How often it was downloaded. */
  readonly completed: number;
}

/** Trackers of one torrent: `torrent.plugin(trackerKey)`. */
export interface TorrentTrackers {
  /** All, in the order in which they are tried. */
  trackers(): readonly TrackerStatus[];
  /** When the torrent is announced next, in ms from now, 0 while it is; `undefined`: not before something changes. */
  readonly nextAnnounceInMs: number | undefined;
  /** Announces as soon as the tracker allows it (`min interval`), also where one has just failed. */
  announceNow(): void;
  /**
   * Asks a tracker for its numbers: the one that works, else the first. Rejects with {@link TrackerError}:
   * `TRACKER_NONE` where there is none to ask, `TRACKER_SCRAPE` where it cannot be scraped, else what failed.
   */
  scrape(): Promise<ScrapeResult>;
  /** Adds a tracker, by default in a tier of its own behind the others. Throws `TRACKER_URL`, `TRACKER_TOO_MANY`. */
  addTracker(url: string, tier?: number): void;
  /**
   * Puts trackers in place of all there are; those that go are told that we stop. Throws `TRACKER_URL`,
   * `TRACKER_TOO_MANY`, and then nothing has changed.
   */
  replaceTrackers(tiers: readonly (readonly string[])[]): void;
}

/** Under which {@link TorrentTrackers} are found. */
export const trackerKey = definePluginKey<TorrentTrackers>('tracker');
