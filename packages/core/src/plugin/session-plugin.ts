import type { Alert } from '../alerts/alert.js';
import type { BencodeInput, BencodeValue } from '../bencode/bencode.js';
import type { Endpoint } from '../common/endpoint.js';
import type { InfoHash } from '../common/info-hash.js';
import type { AddTorrentParams } from './add-torrent-params.js';
import type { PluginIdentity } from './identity.js';
import type { SessionContext } from './session-context.js';
import type { TorrentContext } from './torrent-context.js';
import type { TorrentPlugin } from './torrent-plugin.js';

/** An extension of the whole session. All hooks are optional; kinds as in {@link PeerPlugin}. */
export interface SessionPlugin extends PluginIdentity {
  /** Alerts given to `onAlert`: bits of `alertCategories`. Default: all but block and log. */
  readonly alertMask?: number;
  /** *notify.* Added; before `loadState`. */
  added?(session: SessionContext): void;
  /**
   * *notify.* Removed, or the session stops. A promise is awaited, with a deadline; until it settles or
   * the deadline passes, the session context stays open.
   */
  removed?(): void | Promise<void>;
  /**
   * *create.* A torrent: added now, or there already when the plugin came. `undefined`: not interested.
   * Where the plugin is `required` and this throws, the torrent is not added.
   */
  newTorrent?(torrent: TorrentContext, userData: unknown): TorrentPlugin | undefined;
  /**
   * *first.* An incoming handshake names a torrent that is not here. Parameters for that infohash add it;
   * the connection then goes on.
   */
  onUnknownTorrent?(infoHash: InfoHash, endpoint: Endpoint): AddTorrentParams | undefined;
  /** *notify.* After the call that raised it has returned. Never this plugin's own fault. */
  onAlert?(alert: Alert): void;
  /** *notify.* About once a second. */
  onTick?(): void;
  /** *state.* What to keep under the plugin's name; `undefined` keeps nothing. A throw keeps the value saved before. */
  saveState?(): BencodeInput | undefined;
  /** *state.* The value saved last time; not called where there is none. */
  loadState?(value: BencodeValue): void;
}
