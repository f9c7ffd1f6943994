import type { SessionPlugin } from '../plugin/session-plugin.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { Clock } from '../ports/clock.js';
import type { Network } from '../ports/network.js';
import type { Random, SecureRandom } from '../ports/random.js';
import type { Storage } from '../ports/storage.js';
import type { Settings } from '../settings/settings-table.js';

/** How to make a session. Everything but the storage has a default. */
export interface SessionOptions {
  /** Where torrents' data lives that bring no storage of their own. Closing it is the application's. */
  readonly storage: Storage;
  /** Settings that differ from the defaults. */
  readonly settings?: Partial<Settings>;
  /** Extensions from the first moment on, in this order. */
  readonly extensions?: readonly (SessionPlugin | TorrentPluginFactory)[];
  /** What {@link Session.saveState} gave last time. */
  readonly state?: Uint8Array;
  /** Time. Default: the system's. */
  readonly clock?: Clock;
  /** For policy only. Default: seeded by chance. */
  readonly random?: Random;
  /** For ids and keys. Another one than the default makes the session say that it is insecure. */
  readonly secureRandom?: SecureRandom;
  /** Default: node's sockets. */
  readonly network?: Network;
}
