import type { KnownPeer, TorrentHandle } from '@peerloom/core';
import { type TrackerStatus, trackerKey } from '@peerloom/tracker';

/** Failures in a row of a tracker after which nothing is hoped of it. */
const trackerFailures = 3;

/** Whether none of the peers known is connected, and each has failed as often as makes it hopeless. */
export function isHopeless(peers: readonly KnownPeer[], failureCount: number): boolean {
  return peers.every((peer) => !peer.isConnected && peer.failureCount >= failureCount);
}

/** Whether the torrent is announced to a tracker. */
export function isTracked(torrent: TorrentHandle): boolean {
  return usableTrackers(torrent).length > 0;
}

/** Whether a tracker of the torrent works, or has not yet failed so often that it never will. */
export function mayBringPeers(torrent: TorrentHandle): boolean {
  return usableTrackers(torrent).some(
    ({ failureCount, retryInMs }) => failureCount < trackerFailures && retryInMs !== Number.POSITIVE_INFINITY,
  );
}

function usableTrackers(torrent: TorrentHandle): readonly TrackerStatus[] {
  const trackers = torrent.plugin(trackerKey)?.trackers() ?? [];
  return trackers.filter(({ state }) => state !== 'unsupported');
}
