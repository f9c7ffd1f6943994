import { type Endpoint, formatEndpoint } from '@peerloom/core';
import type { NodeTraffic } from '../scenario.js';

/** What went between a process and each of the others, as far as its alerts tell. */
export class ProcessTraffic {
  /** Bytes by peer id, in hexadecimal, and by address where that is not known. */
  readonly #bytes = new Map<string, { downloadedBytes: number; uploadedBytes: number }>();
  /** Peer ids by address. */
  readonly #peerIds = new Map<string, string>();
  #downloadedBytes = 0;
  #uploadedBytes = 0;

  /** Bytes of blocks that came. */
  get downloadedBytes(): number {
    return this.#downloadedBytes;
  }

  /** Bytes of blocks that were sent. */
  get uploadedBytes(): number {
    return this.#uploadedBytes;
  }

  /** Addresses that are connected. */
  get peerCount(): number {
    return this.#peerIds.size;
  }

  connected(endpoint: Endpoint, peerId: string): void {
    this.#peerIds.set(formatEndpoint(endpoint), peerId);
  }

  disconnected(endpoint: Endpoint): void {
    this.#peerIds.delete(formatEndpoint(endpoint));
  }

  /** The process is another one from now on. */
  disconnectedAll(): void {
    this.#peerIds.clear();
  }

  downloaded(endpoint: Endpoint, lengthBytes: number): void {
    this.#downloadedBytes += lengthBytes;
    this.#of(endpoint).downloadedBytes += lengthBytes;
  }

  uploaded(endpoint: Endpoint, lengthBytes: number): void {
    this.#uploadedBytes += lengthBytes;
    this.#of(endpoint).uploadedBytes += lengthBytes;
  }

  /** What went so far. `nameOf` knows processes of the swarm by their peer ids. */
  read(nameOf: (peerId: string) => string | undefined): readonly NodeTraffic[] {
    const named = new Map<string, NodeTraffic>();
    for (const [peer, bytes] of this.#bytes) {
      const remote = nameOf(peer) ?? peer;
      const before = named.get(remote) ?? { downloadedBytes: 0, uploadedBytes: 0 };
      named.set(remote, {
        remote,
        downloadedBytes: before.downloadedBytes + bytes.downloadedBytes,
        uploadedBytes: before.uploadedBytes + bytes.uploadedBytes,
      });
    }
    return [...named.values()];
  }

  #of(endpoint: Endpoint): { downloadedBytes: number; uploadedBytes: number } {
    const address = formatEndpoint(endpoint);
    const peer = this.#peerIds.get(address) ?? address;
    const bytes = this.#bytes.get(peer) ?? { downloadedBytes: 0, uploadedBytes: 0 };
    this.#bytes.set(peer, bytes);
    return bytes;
  }
}
