import { type Endpoint, formatEndpoint } from '@peerloom/core';

const peerIdLength = 40;

/** Knows processes by their peer ids, which only who meets them tells. */
export class ProcessNames {
  readonly #byEndpoint = new Map<string, string>();
  readonly #byPeerId = new Map<string, string>();
  /** Those that nobody has dialled since they started. */
  readonly #unmet = new Set<string>();

  /** A process of that name has started, and listens there; it has a peer id that no earlier one had. */
  listens(name: string, endpoint: Endpoint): void {
    this.#byEndpoint.set(formatEndpoint(endpoint), name);
    this.#unmet.add(name);
  }

  /** Somebody is connected to `endpoint`, and `peerId` is there. */
  met(endpoint: Endpoint, peerId: string): void {
    const name = this.#byEndpoint.get(formatEndpoint(endpoint));
    if (name === undefined) return;
    this.#byPeerId.set(peerId, name);
    this.#unmet.delete(name);
  }

  /** Whose peer id, in hexadecimal, that is. One that is nobody's is of the only process that nobody has dialled. */
  of(peerId: string): string | undefined {
    const name = this.#byPeerId.get(peerId);
    if (name !== undefined || peerId.length !== peerIdLength || this.#unmet.size !== 1) return name;
    return [...this.#unmet][0];
  }
}
