import { type Endpoint, formatEndpoint } from '@peerloom/core';

const peerIdLength = 40;

/** Knows processes by their peer ids, which only who meets them tells. */
export class ProcessNames {
  readonly #byEndpoint = new Map<string, string>();
  readonly #byPeerId = new Map<string, string>();
  /** Peer ids by endpoints where nobody is known to listen. */
  readonly #early = new Map<string, string>();
  /** Those that nobody has met since they started. */
  readonly #unmet = new Set<string>();

  /** A process of that name has started, and listens there; it has a peer id that no earlier one had. */
  listens(name: string, endpoint: Endpoint): void {
    const key = formatEndpoint(endpoint);
    this.#byEndpoint.set(key, name);
    this.#unmet.add(name);
    const peerId = this.#early.get(key);
    if (peerId !== undefined) this.met(endpoint, peerId);
  }

  /** Somebody is connected to `endpoint`, or a tracker was told of it, and `peerId` is there. */
  met(endpoint: Endpoint, peerId: string): void {
    const key = formatEndpoint(endpoint);
    const name = this.#byEndpoint.get(key);
    if (name === undefined) {
      this.#early.set(key, peerId);
      return;
    }
    this.#byPeerId.set(peerId, name);
    this.#unmet.delete(name);
  }

  /** Who listens there, or did before it was started again. */
  at(endpoint: Endpoint): string | undefined {
    return this.#byEndpoint.get(formatEndpoint(endpoint));
  }

  /** Whose peer id, in hexadecimal, that is. One that is nobody's is of the only process that nobody has met. */
  of(peerId: string): string | undefined {
    const name = this.#byPeerId.get(peerId);
    if (name !== undefined || peerId.length !== peerIdLength || this.#unmet.size !== 1) return name;
    return [...this.#unmet][0];
  }
}
