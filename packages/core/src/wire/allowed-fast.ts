import { concatBytes } from '../common/bytes.js';
import { addressBytes } from '../common/endpoint.js';
import { readUint32 } from './uint32.js';

/** What {@link allowedFastSet} works on. */
export interface AllowedFastOptions {
  /** SHA-1: 20 bytes for any bytes. */
  readonly sha1: (bytes: Uint8Array) => Uint8Array;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** IP address of the peer that may fetch the pieces. */
  readonly address: string;
  readonly pieceCount: number;
  /** Pieces wanted; BEP 6 proposes 10. */
  readonly count: number;
}

/**
 * The canonical allowed-fast set of a peer, in the order of BEP 6, "Allowed Fast Set Generation"; all
 * pieces where there are no more than `count`. BEP 6 masks an IPv4 address to its /24 and says nothing
 * of IPv6; there it is the /64, the block that one party is taken to own.
 */
export function allowedFastSet(options: AllowedFastOptions): number[] {
  const { sha1, infoHash, address, pieceCount } = options;
  const count = Math.min(options.count, pieceCount);
  const network = addressBytes(address);
  network.fill(0, network.length === 4 ? 3 : 8);
  const pieces = new Set<number>();
  let digest = concatBytes(network, infoHash);
  while (pieces.size < count) {
    digest = sha1(digest);
    for (let i = 0; i < 20 && pieces.size < count; i += 4) pieces.add(readUint32(digest, i) % pieceCount);
  }
  return [...pieces];
}
