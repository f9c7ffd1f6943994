import type { AlertHub } from '../alerts/alert-hub.js';
import type { Endpoint } from '../common/endpoint.js';
import { isPeerloomError, SessionError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import type { Torrent } from '../torrent/torrent.js';
import type { SessionPlugins } from './session-plugins.js';

/** What adding torrents that extensions offer asks of the session. */
export interface OfferedTorrentsOwner {
  readonly plugins: SessionPlugins;
  readonly alerts: AlertHub;
  readonly isStopped: boolean;
  addTorrent(params: AddTorrentParams): Torrent;
}

/** Adds what an extension offers for a handshake of an infohash that we don't have (`onUnknownTorrent`). */
export function addOfferedTorrent(
  owner: OfferedTorrentsOwner,
  infoHash: InfoHash,
  remote: Endpoint,
): Torrent | undefined {
  const params = owner.plugins.hooks.first('onUnknownTorrent', infoHash, remote);
  if (params === undefined || owner.isStopped) return undefined;
  try {
    const { torrent } = params;
    const offered = 'info' in torrent ? torrent.info.infoHash : torrent.infoHash;
    return offered.equals(infoHash) ? owner.addTorrent(params) : undefined;
  } catch (cause) {
    const message = "the torrent that an extension offered can't be added";
    const error = isPeerloomError(cause) ? cause : new SessionError('SESSION_OFFERED', message, { cause });
    owner.alerts.post('sessionError', { error });
    return undefined;
  }
}
