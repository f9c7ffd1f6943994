import type { HeldPeer } from './swarm.js';

/** All peers in the order of their last announces. */
export class PeerQueue {
  #oldest: HeldPeer | undefined;
  #newest: HeldPeer | undefined;
  #size = 0;

  /** The one that has been silent for longest. */
  get oldest(): HeldPeer | undefined {
    return this.#oldest;
  }

  get size(): number {
    return this.#size;
  }

  /** Puts a peer that is not in the queue to its end. */
  append(peer: HeldPeer): void {
    peer.older = this.#newest;
    peer.newer = undefined;
    if (this.#newest === undefined) this.#oldest = peer;
    else this.#newest.newer = peer;
    this.#newest = peer;
    this.#size++;
  }

  remove(peer: HeldPeer): void {
    if (peer.older === undefined) this.#oldest = peer.newer;
    else peer.older.newer = peer.newer;
    if (peer.newer === undefined) this.#newest = peer.older;
    else peer.newer.older = peer.older;
    peer.older = undefined;
    peer.newer = undefined;
    this.#size--;
  }
}
