import { defineTorrentExtension, pluginApiVersion, type TorrentPluginFactory } from '@peerloom/core';

/**
 * Tells from where addresses of peers come, as alerts of type `plugin`: of `peer-watch`, event `peerFound`, with the
 * `endpoint`, and its `source` in the data.
 */
export function peerWatch(): TorrentPluginFactory {
  const identity = { name: 'peer-watch', apiVersion: pluginApiVersion, order: 'post' } as const;
  return defineTorrentExtension(identity, ({ session, infoHash }) => ({
    onAddPeer: (endpoint, source) => {
      // Who connects to us has found us, not we him.
      if (source !== 'incoming') session.postAlert('peerFound', { source }, { infoHash, endpoint });
    },
  }));
}
