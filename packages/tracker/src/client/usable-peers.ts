import { type Endpoint, isLocalAddress, isLoopbackAddress } from '@peerloom/core/plugin';
import type { TrackerAnswer } from './tracker.js';

/**
 * Peers of an answer that may be dialled. A local address means something to who is there only: a tracker elsewhere
 * could have us dial what is behind our own firewall.
 */
export function usablePeers({ route, reply }: TrackerAnswer): readonly Endpoint[] {
  return reply.peers.filter(({ address, port }) => port > 0 && sharesScope(address, route.remote.address));
}

function sharesScope(address: string, trackerAddress: string): boolean {
  if (isLoopbackAddress(address)) return isLoopbackAddress(trackerAddress);
  return !isLocalAddress(address) || isLocalAddress(trackerAddress);
}
