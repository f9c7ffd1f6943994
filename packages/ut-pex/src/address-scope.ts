import { addressBytes, type Endpoint, isLocalAddress, isLoopbackAddress } from '@peerloom/core/plugin';

/**
 * Whether a peer may tell, or be told, of an address: one of a local network means something inside of it only, one
 * of a host on that host only. Otherwise anybody could have us dial what is behind our own firewall.
 */
export function sharesScope(address: string, peerAddress: string): boolean {
  if (isLoopbackAddress(address)) return isLoopbackAddress(peerAddress);
  return !isLocalAddress(address) || isLocalAddress(peerAddress);
}

/** Whether a peer can listen there at all: no port 0, no multicast, broadcast or unspecified address. */
export function isDialable({ address, port, family }: Endpoint): boolean {
  if (port === 0 || address === '::') return false;
  const first = addressBytes(address)[0] ?? 0;
  return family === 6 ? first !== 0xff : first > 0 && first < 224;
}
