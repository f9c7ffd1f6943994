import { addressBytes, addressFromBytes, type Endpoint, endpoint } from '@peerloom/core/plugin';

const portBytes = 2;

/** Bytes of one peer in a compact list: 6 (BEP 23, 15) or 18 (BEP 7). */
export function compactPeerBytes(family: 4 | 6): number {
  return (family === 4 ? 4 : 16) + portBytes;
}

/** A compact list of peers, in order (BEP 23, 7, 15). All of `peers` are of `family`. */
export function encodeCompactPeers(peers: readonly Endpoint[], family: 4 | 6): Uint8Array {
  const size = compactPeerBytes(family);
  const bytes = new Uint8Array(peers.length * size);
  for (const [index, { address, port }] of peers.entries()) {
    bytes.set(addressBytes(address), index * size);
    bytes.set([port >> 8, port & 255], (index + 1) * size - portBytes);
  }
  return bytes;
}

/**
 * The first `maxCount` peers of a compact list, IPv4-mapped IPv6 addresses as the IPv4 ones that they are, ports 0
 * included. `undefined` where the list does not come out even.
 */
export function decodeCompactPeers(
  bytes: Uint8Array,
  family: 4 | 6,
  maxCount = Number.POSITIVE_INFINITY,
): readonly Endpoint[] | undefined {
  const size = compactPeerBytes(family);
  if (bytes.length % size !== 0) return undefined;
  return Array.from({ length: Math.min(bytes.length / size, maxCount) }, (_, index) => {
    const peer = bytes.subarray(index * size, (index + 1) * size);
    const address = addressFromBytes(peer.subarray(0, size - portBytes)) ?? '';
    return endpoint(address, ((peer[size - 2] ?? 0) << 8) | (peer[size - 1] ?? 0));
  });
}
