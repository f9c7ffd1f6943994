import type { PeerKey } from './pick-options.js';

interface Claim {
  /** Who all blocks must come from; undefined until the first is given out. */
  owner: PeerKey | undefined;
  /** The owner was named, not the first to come. */
  isNamed: boolean;
}

/** Pieces all of whose blocks must come from one peer, so that a failed hash has one possible cause. */
export class ExclusivePieces {
  readonly #claims = new Map<number, Claim>();
  readonly #reserved = new Map<PeerKey, Set<number>>();

  set(piece: number, peer: PeerKey | 'any-single' | undefined): void {
    this.#unreserve(piece);
    if (peer === undefined) {
      this.#claims.delete(piece);
    } else if (peer === 'any-single') {
      this.#claims.set(piece, { owner: undefined, isNamed: false });
    } else {
      this.#claims.set(piece, { owner: peer, isNamed: true });
      const pieces = this.#reserved.get(peer);
      if (pieces === undefined) this.#reserved.set(peer, new Set([piece]));
      else pieces.add(piece);
    }
  }

  /** Whether blocks of the piece may come from the peer. */
  allows(peer: PeerKey, piece: number): boolean {
    const owner = this.ownerOf(piece);
    return owner === undefined || owner === peer;
  }

  ownerOf(piece: number): PeerKey | undefined {
    return this.#claims.get(piece)?.owner;
  }

  /** Whether the piece is kept for a peer that was named. */
  isReserved(piece: number): boolean {
    return this.#claims.get(piece)?.isNamed === true;
  }

  /** The pieces kept for a peer that was named. */
  reservedFor(peer: PeerKey): ReadonlySet<number> | undefined {
    return this.#reserved.get(peer);
  }

  /** The peer is given a block of the piece: from now on all come from it, where one peer must send all. */
  claim(peer: PeerKey, piece: number): void {
    const claim = this.#claims.get(piece);
    if (claim !== undefined && claim.owner === undefined) claim.owner = peer;
  }

  /** The piece starts again: the next peer may be another, unless one was named. */
  vacate(piece: number): void {
    const claim = this.#claims.get(piece);
    if (claim !== undefined && !claim.isNamed) claim.owner = undefined;
  }

  /** The peer is gone: what was kept for it may come from any single peer once it starts again. */
  forget(peer: PeerKey): void {
    for (const piece of this.#reserved.get(peer) ?? []) {
      const claim = this.#claims.get(piece);
      if (claim !== undefined) claim.isNamed = false;
    }
    this.#reserved.delete(peer);
  }

  #unreserve(piece: number): void {
    const claim = this.#claims.get(piece);
    if (claim?.owner === undefined || !claim.isNamed) return;
    const pieces = this.#reserved.get(claim.owner);
    pieces?.delete(piece);
    if (pieces?.size === 0) this.#reserved.delete(claim.owner);
  }
}
