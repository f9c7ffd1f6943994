import {
  defineTorrentExtension,
  type PeerContext,
  pluginApiVersion,
  type TorrentPluginFactory,
} from '@peerloom/core/plugin';

/**
 * An extension that keeps the connections it sees in `seen`, oldest first, and takes the fast extension (BEP 6) out of
 * our handshakes where it is not to be offered.
 */
export function watchPeers(seen: PeerContext[], { fast }: { readonly fast: boolean }): TorrentPluginFactory {
  return defineTorrentExtension({ name: 'peer-watch', apiVersion: pluginApiVersion }, () => ({
    newConnection: (peer) => {
      seen.push(peer);
      return {
        reservedBits: (bits) => {
          if (!fast) bits.fast = false;
        },
      };
    },
  }));
}
