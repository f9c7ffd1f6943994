import type { Clock } from '../ports/clock.js';
import type { Settings } from '../settings/settings-table.js';
import { Bandwidth } from './bandwidth.js';
import { TorrentBandwidth } from './torrent-bandwidth.js';

/** The rate limits of a session, both ways. */
export class SessionBandwidth {
  readonly #download: Bandwidth;
  readonly #upload: Bandwidth;

  constructor(clock: Clock, settings: Settings) {
    this.#download = new Bandwidth(clock);
    this.#upload = new Bandwidth(clock);
    this.apply(settings);
  }

  /** Takes the limits from the settings. */
  apply({ downloadLimitBytesPerSecond, uploadLimitBytesPerSecond }: Settings): void {
    this.#download.setLimit(downloadLimitBytesPerSecond);
    this.#upload.setLimit(uploadLimitBytesPerSecond);
  }

  /** The part of one torrent. */
  torrent(): TorrentBandwidth {
    return new TorrentBandwidth(this.#download.group(), this.#upload.group());
  }
}
