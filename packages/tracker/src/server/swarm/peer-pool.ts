/** What can be in a {@link PeerPool}. */
export interface Pooled {
  /** Its place in the pool. */
  index: number;
}

/** Peers of a swarm that are alike to whoever asks, in no order: so adding, removing and picking by chance are O(1). */
export class PeerPool<T extends Pooled> {
  /** Whether these peers are seeds. */
  readonly isSeeds: boolean;
  readonly #peers: T[] = [];

  constructor(isSeeds: boolean) {
    this.isSeeds = isSeeds;
  }

  get size(): number {
    return this.#peers.length;
  }

  add(peer: T): void {
    peer.index = this.#peers.length;
    this.#peers.push(peer);
  }

  remove(peer: T): void {
    const last = this.#peers.pop();
    if (last !== undefined && last !== peer) this.#put(last, peer.index);
  }

  /**
   * The peer at place `from + nth`, which changes places with the one at `from`: called with `from` counting up from 0
   * and an `nth` by chance each time, it gives no peer twice.
   */
  pick(from: number, nth: number): T | undefined {
    const picked = this.#peers[from + nth];
    const first = this.#peers[from];
    if (picked === undefined || first === undefined) return undefined;
    this.#put(first, from + nth);
    this.#put(picked, from);
    return picked;
  }

  #put(peer: T, index: number): void {
    this.#peers[index] = peer;
    peer.index = index;
  }
}
