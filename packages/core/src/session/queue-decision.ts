/** How many torrents may be active; see the settings of the same names. */
export interface QueueLimits {
  readonly maxActiveDownloads: number;
  readonly maxActiveSeeds: number;
  readonly maxActiveTorrents: number;
}

/** A torrent that could be active, as the queue sees it. */
export interface QueueCandidate {
  /** Whether it has all that is wanted of it. */
  readonly isSeed: boolean;
  /** Whether the queue decides about it; one that it does not is active, and counts among all. */
  readonly isManaged: boolean;
  /** Whether it has been active for a while with next to no data moving: it counts only among all. */
  readonly isSlow: boolean;
}

/** What a torrent counts as: among all only, and as a download or seed besides, or not at all. */
export type QueuePlace = 'download' | 'seed' | 'extra' | 'queued';

/**
 * Decides which torrents are active, downloads before seeds, each in the order given, as libtorrent does.
 * Calls `place` once for each candidate. O(candidates).
 */
export function decideQueue<Candidate extends QueueCandidate>(
  candidates: readonly Candidate[],
  limits: QueueLimits,
  place: (candidate: Candidate, as: QueuePlace) => void,
): void {
  let left = limits.maxActiveTorrents;
  for (const candidate of candidates) {
    if (candidate.isManaged) continue;
    left--;
    place(candidate, 'extra');
  }
  for (const isSeed of [false, true]) {
    let leftOfKind = isSeed ? limits.maxActiveSeeds : limits.maxActiveDownloads;
    for (const candidate of candidates) {
      if (!candidate.isManaged || candidate.isSeed !== isSeed) continue;
      if (left > 0 && candidate.isSlow) {
        left--;
        place(candidate, 'extra');
      } else if (left > 0 && leftOfKind > 0) {
        left--;
        leftOfKind--;
        place(candidate, isSeed ? 'seed' : 'download');
      } else {
        place(candidate, 'queued');
      }
    }
  }
}
