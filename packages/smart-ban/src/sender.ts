import { type Endpoint, formatEndpoint, type PeerIdentity } from '@peerloom/core/plugin';

/** Who sent a block, kept beyond the connection. */
export interface Sender extends PeerIdentity {
  /** The same for connections that are known to be of one peer. */
  readonly key: string;
}

/**
 * A copy of who sent something. Connections are of one peer where they have proved the same principal, or where we
 * dialled the same endpoint; a listen port that a remote only claims proves nothing.
 */
export function senderOf({ connectionId, endpoint, listenEndpoint, principal }: PeerIdentity): Sender {
  return { connectionId, endpoint, listenEndpoint, principal, key: keyOf() };

  function keyOf(): string {
    if (principal !== undefined) return `principal ${principal}`;
    const isDialled = listenEndpoint !== undefined && sameEndpoint(listenEndpoint, endpoint);
    return isDialled ? `endpoint ${formatEndpoint(endpoint)}` : connectionKey(connectionId);
  }
}

/** Key of a connection of which it is not known whose it is. */
export function connectionKey(connectionId: number): string {
  return `connection ${connectionId}`;
}

/** Whether two endpoints are the same. */
export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.address === other.address && one.port === other.port;
}
