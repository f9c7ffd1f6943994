import type { KnownPeer, TorrentHandle } from '@peerloom/core';

/** Whether none of the peers known is connected, and each has failed so often that it is left alone. */
export function isHopeless(peers: readonly KnownPeer[], maxPeerFailures: number): boolean {
  return peers.every(({ isConnected, failureCount }) => !isConnected && failureCount > maxPeerFailures);
}

/** The torrents that still lack something and for which there is nobody left to ask. */
export function hopelessTorrents(
  torrents: readonly TorrentHandle[],
  maxPeerFailures: number,
): readonly TorrentHandle[] {
  return torrents.filter(
    (torrent) => torrent.state === 'downloading' && isHopeless(torrent.knownPeers(), maxPeerFailures),
  );
}
