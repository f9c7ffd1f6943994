/** The way between two hosts. Everything is per direction. */
export interface LinkOptions {
  /** Time a byte takes from host to host. */
  readonly latencyMs?: number;
  /** At most so much more, different for each write and datagram. Streams keep their order. */
  readonly jitterMs?: number;
  /**
   * Part of the packets that are lost, 0 to 1. A datagram is gone; a stream stalls until it is sent again.
   */
  readonly lossRate?: number;
}

/** A {@link LinkOptions} with everything said. */
export type Link = Required<LinkOptions>;

/** A TCP sends again after two round trips, and not before this (RFC 6298, section 2, as systems do it). */
const shortestRetransmitMs = 200;

/** How long a stream stalls for a lost packet. */
export function retransmitMs(link: Link): number {
  return Math.max(shortestRetransmitMs, link.latencyMs * 4);
}
