import type { PeerContext } from '@peerloom/core/plugin';
import { dropOldest } from './drop-oldest.js';
import { type Sender, senderOf } from './sender.js';

const maxAddresses = 1024;
const maxPeersPerAddress = 8;

/** Who has taken part in pieces that passed, by address, connected or not. The oldest are forgotten. */
export class GoodPeers {
  readonly #byAddress = new Map<string, Map<string, Sender>>();

  /** The peer took part in a piece that passed. */
  note(peer: PeerContext): void {
    const { address } = peer.endpoint;
    const sender = senderOf(peer);
    const peers = this.#byAddress.get(address) ?? new Map<string, Sender>();
    moveToEnd(peers, sender.key, sender, maxPeersPerAddress);
    moveToEnd(this.#byAddress, address, peers, maxAddresses);
  }

  /** The peer is not good. */
  forget({ endpoint, key }: Sender): void {
    this.#byAddress.get(endpoint.address)?.delete(key);
  }

  /** Those at an address. */
  at(address: string): readonly Sender[] {
    return [...(this.#byAddress.get(address)?.values() ?? [])];
  }
}

function moveToEnd<T>(map: Map<string, T>, key: string, value: T, capacity: number): void {
  map.delete(key);
  map.set(key, value);
  dropOldest(map, capacity);
}
