import type { RateLimits } from '../plugin/rate-limits.js';
import type { BandwidthGroup } from './bandwidth-group.js';

/** The rate limits of a torrent, both ways. */
export class TorrentBandwidth {
  readonly download: BandwidthGroup;
  readonly upload: BandwidthGroup;

  constructor(download: BandwidthGroup, upload: BandwidthGroup) {
    this.download = download;
    this.upload = upload;
  }
}

/** What can be limited one way. */
interface Limited {
  readonly limit: { readonly bytesPerSecond: number };
  setLimit(bytesPerSecond: number, setter?: object): void;
}

/** What can be limited both ways: a torrent, or a connection. */
export interface LimitedBothWays {
  readonly download: Limited;
  readonly upload: Limited;
}

/** The highest limit there is. */
const maxBytesPerSecond = 2 ** 40;

/** The limits in force. */
export function rateLimitsOf({ download, upload }: LimitedBothWays): RateLimits {
  return {
    downloadBytesPerSecond: download.limit.bytesPerSecond,
    uploadBytesPerSecond: upload.limit.bytesPerSecond,
  };
}

/**
 * Sets the limits that are given, of the application or of the extension that `setter` stands for; the result says
 * what is wrong with them, and then nothing was set.
 */
export function setRateLimits(
  { download, upload }: LimitedBothWays,
  { downloadBytesPerSecond, uploadBytesPerSecond }: Partial<RateLimits>,
  setter?: object,
): string | undefined {
  for (const limit of [downloadBytesPerSecond, uploadBytesPerSecond]) {
    if (limit === undefined || (Number.isInteger(limit) && limit >= 0 && limit <= maxBytesPerSecond))
      continue;
    return `a rate limit is a whole number of bytes a second, 0 for none, not ${String(limit)}`;
  }
  if (downloadBytesPerSecond !== undefined) download.setLimit(downloadBytesPerSecond, setter);
  if (uploadBytesPerSecond !== undefined) upload.setLimit(uploadBytesPerSecond, setter);
  return undefined;
}
