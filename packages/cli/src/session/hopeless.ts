import type { KnownPeer } from '@peerloom/core';

/** Whether none of the peers known is connected, and each has failed as often as makes it hopeless. */
export function isHopeless(peers: readonly KnownPeer[], failureCount: number): boolean {
  return peers.every((peer) => !peer.isConnected && peer.failureCount >= failureCount);
}
