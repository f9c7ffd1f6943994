import { TierList } from './tier-list.js';
import { Tracker, type TrackerNetwork } from './tracker.js';
import { TrackerError } from './tracker-error.js';
import type { TrackerStatus } from './tracker-status.js';
import { parseTrackerUrl } from './tracker-url.js';

const maxTrackers = 200;

/** The trackers of one torrent. */
export class TrackerList {
  readonly #network: TrackerNetwork;
  #tiers: TierList<Tracker>;

  constructor(network: TrackerNetwork, tiers: readonly (readonly string[])[]) {
    this.#network = network;
    this.#tiers = this.#made(tiers, []);
  }

  /** All, in the order in which they are tried. */
  all(): readonly Tracker[] {
    return this.#tiers.all();
  }

  /** It works: from now on it is the first of its tier. */
  promote(tracker: Tracker): void {
    this.#tiers.promote(tracker);
  }

  /** URLs by tier, with one more. By default it is in a tier of its own behind the others. */
  urlsWith(url: string, tier = Number.POSITIVE_INFINITY): readonly (readonly string[])[] {
    const tierCount = Math.max(0, ...this.all().map((tracker) => tracker.tier + 1));
    const tiers = Array.from({ length: tierCount + 1 }, (_, index) =>
      this.all()
        .filter((tracker) => tracker.tier === index)
        .map(({ text }) => text),
    );
    if (!this.all().some(({ text }) => text === url)) tiers[Math.min(tier, tierCount)]?.push(url);
    return tiers.filter((urls) => urls.length > 0);
  }

  /**
   * Puts trackers in place of those that are there, which stay what they are where they are named again. Gives those
   * that are not. Throws `TRACKER_URL` for a new one that can't be asked, `TRACKER_TOO_MANY`.
   */
  replace(tiers: readonly (readonly string[])[]): readonly Tracker[] {
    const urls = tiers.flat();
    const before = this.all();
    // What the torrent itself names may stay, although it is not asked.
    const added = urls.filter((url) => !before.some(({ text }) => text === url));
    const wrong = added.find((url) => parseTrackerUrl(url) === undefined);
    if (wrong !== undefined) {
      throw new TrackerError(
        'TRACKER_URL',
        `not a tracker over HTTP, HTTPS or UDP: '${wrong.slice(0, 200)}'`,
      );
    }
    if (urls.length > maxTrackers) {
      throw new TrackerError('TRACKER_TOO_MANY', `${urls.length} trackers: at most ${maxTrackers}`);
    }
    this.#tiers = this.#made(tiers, before);
    const now = new Set(this.all());
    return before.filter((tracker) => !now.has(tracker));
  }

  /** What each is doing at the time `nowMs` of the session's clock. */
  statuses(nowMs: number): readonly TrackerStatus[] {
    return this.all().map((tracker) => ({
      url: tracker.text,
      tier: tracker.tier,
      state: stateOf(tracker),
      failureCount: tracker.failureCount,
      error: tracker.error && { code: tracker.error.code, message: tracker.error.message },
      retryInMs: tracker.error && Math.max(0, tracker.retryAtMs - nowMs),
      warning: tracker.warning,
      seeders: tracker.seeders,
      leechers: tracker.leechers,
      completed: tracker.completed,
    }));
  }

  /** Each URL once, where it stands first. */
  #made(tiers: readonly (readonly string[])[], before: readonly Tracker[]): TierList<Tracker> {
    const seen = new Set<string>();
    const made = tiers.map((urls, tier) => {
      const fresh = urls.filter((url) => !seen.has(url) && seen.add(url));
      return fresh.map((url) => {
        const known = before.find(({ text }) => text === url) ?? new Tracker(this.#network, url);
        known.tier = tier;
        return known;
      });
    });
    return new TierList(made, this.#network.session.random);
  }
}

function stateOf({ isSupported, isAnnouncing, error, hasAnswered }: Tracker): TrackerStatus['state'] {
  if (!isSupported) return 'unsupported';
  if (isAnnouncing) return 'announcing';
  if (error !== undefined) return 'failed';
  return hasAnswered ? 'working' : 'idle';
}
