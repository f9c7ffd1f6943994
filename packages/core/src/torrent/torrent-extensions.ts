import type { AlertHub } from '../alerts/alert-hub.js';
import { PluginError, SessionError } from '../common/errors.js';
import type { ExtensionHandle, RemoveExtensionOptions } from '../plugin/extension-handle.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { Torrent } from './torrent.js';

/** Adds an extension to one torrent. Throws `PLUGIN_…`, `SESSION_TORRENT_REMOVED`. */
export function addTorrentExtension(
  torrent: Torrent,
  alerts: AlertHub,
  factory: TorrentPluginFactory,
  userData: unknown,
): ExtensionHandle {
  if (torrent.isClosed) throw new SessionError('SESSION_TORRENT_REMOVED', 'the torrent was removed');
  const scope = torrent.plugins.add(factory, userData);
  const { infoHash } = torrent;
  alerts.post('pluginAdded', { plugin: scope.name, infoHash });
  return {
    name: scope.name,
    get isActive() {
      return !scope.isClosed;
    },
    remove: async ({ allowOpen = false } = {}) => {
      if (!scope.isClosed) removeTorrentExtension(torrent, alerts, scope.name, { allowOpen });
      else if (allowOpen) torrent.requiredBack(scope.name);
    },
  };
}

/** Takes out an extension of one torrent. Throws `PLUGIN_UNKNOWN` where there is none of that name. */
export function removeTorrentExtension(
  torrent: Torrent,
  alerts: AlertHub,
  name: string,
  { allowOpen = false }: RemoveExtensionOptions = {},
): void {
  if (!torrent.plugins.removeNamed(name, { allowOpen })) {
    throw new PluginError('PLUGIN_UNKNOWN', `there is no extension '${name}' on this torrent`);
  }
  alerts.post('pluginRemoved', { plugin: name, infoHash: torrent.infoHash });
}
