import { type Endpoint, endpoint, formatEndpoint, NetworkError } from '@peerloom/core';

const firstEphemeralPort = 49_152;
const lastPort = 65_535;

const wildcards = { 4: '0.0.0.0', 6: '::' } as const;

/** Whether the address stands for all addresses of its family. */
export function isWildcard(address: string): boolean {
  return address === wildcards[4] || address === wildcards[6];
}

/** Who is bound to what on one host, for one protocol. */
export class PortTable<T> {
  readonly #bound = new Map<string, { readonly local: Endpoint; readonly owner: T }>();
  readonly #leased = new Set<number>();
  #nextPort = firstEphemeralPort;

  /** Binds what `makeOwner` makes; a port of 0 becomes a free one. Throws `NETWORK_ADDRESS_IN_USE`. */
  bind(local: Endpoint, makeOwner: (bound: Endpoint) => T): T {
    const bound = endpoint(local.address, local.port === 0 ? this.#freePort() : local.port);
    for (const { local: other } of this.#bound.values()) {
      if (other.port !== bound.port || other.family !== bound.family) continue;
      if (other.address === bound.address || isWildcard(other.address) || isWildcard(bound.address)) {
        throw new NetworkError('NETWORK_ADDRESS_IN_USE', `${formatEndpoint(bound)} is in use`);
      }
    }
    const owner = makeOwner(bound);
    this.#bound.set(formatEndpoint(bound), { local: bound, owner });
    return owner;
  }

  release(local: Endpoint): void {
    this.#bound.delete(formatEndpoint(local));
  }

  /** Who gets what is sent to `remote`: the one bound to that address, else to all of its family. */
  find(remote: Endpoint): T | undefined {
    const exact = this.#bound.get(formatEndpoint(remote));
    if (exact !== undefined) return exact.owner;
    return this.#bound.get(formatEndpoint(endpoint(wildcards[remote.family], remote.port)))?.owner;
  }

  /** Takes a port for an outgoing connection, until it is given back. */
  lease(): number {
    const port = this.#freePort();
    this.#leased.add(port);
    return port;
  }

  giveBack(port: number): void {
    this.#leased.delete(port);
  }

  owners(): readonly T[] {
    return Array.from(this.#bound.values(), ({ owner }) => owner);
  }

  #freePort(): number {
    for (let tries = firstEphemeralPort; tries <= lastPort; tries++) {
      const port = this.#nextPort;
      this.#nextPort = port === lastPort ? firstEphemeralPort : port + 1;
      if (!this.#leased.has(port) && !this.#isBound(port)) return port;
    }
    throw new NetworkError('NETWORK_ADDRESS_IN_USE', 'no port is free');
  }

  #isBound(port: number): boolean {
    for (const { local } of this.#bound.values()) if (local.port === port) return true;
    return false;
  }
}
