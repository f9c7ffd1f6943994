import type { AddressAccount } from './address-accounts.js';
import { type Scope, scopes } from './address-scope.js';
import type { Chance } from './chance.js';
import { PeerPool, type Pooled } from './peer-pool.js';

/** A peer that the tracker keeps. */
export interface HeldPeer extends Pooled {
  readonly swarm: Swarm;
  /** Address and port in compact form, one character a byte: who it is among the peers of its swarm. */
  readonly key: string;
  /** Whom it counts for. */
  readonly account: AddressAccount;
  /** 20 bytes, one character each; what it said last. */
  peerId: string;
  /** When it announced last, on the clock of the store. */
  lastSeenMs: number;
  /** That it has completed was counted. */
  hasCompleted: boolean;
  /** What it is among. */
  pool: PeerPool<HeldPeer>;
  /** The one that announced next before it, of all peers. */
  older: HeldPeer | undefined;
  /** The one that announced next after it. */
  newer: HeldPeer | undefined;
}

/** Where peers can be reached from. */
export interface Reach {
  readonly family: 4 | 6;
  readonly scope: Scope;
}

/** Who asks for peers, and for which. */
export interface PeerWish extends Reach {
  /** Not to be told of itself; `undefined` where it is not kept. */
  readonly self: HeldPeer | undefined;
  /** A seed has no use for seeds. */
  readonly isSeed: boolean;
  /** False: of the family of who asks only. Else those come first. */
  readonly allFamilies: boolean;
  /** Most that it takes. */
  readonly count: number;
}

const scopeCount = Object.keys(scopes).length;
const roleCount = 2;

/** The peers of one torrent. */
export class Swarm {
  /** 20 bytes, one character each. */
  readonly infoHash: string;
  /** By {@link HeldPeer.key}. */
  readonly peers = new Map<string, HeldPeer>();
  /** How often the download was completed. */
  downloadedCount = 0;
  #seedCount = 0;
  /** By family, scope and role. */
  readonly #pools: (PeerPool<HeldPeer> | undefined)[] = [];

  constructor(infoHash: string) {
    this.infoHash = infoHash;
  }

  get seedCount(): number {
    return this.#seedCount;
  }

  get leechCount(): number {
    return this.peers.size - this.#seedCount;
  }

  /** The pool in which such a peer is. */
  poolFor({ family, scope }: Reach, isSeed: boolean): PeerPool<HeldPeer> {
    const index = poolIndex(family, scope, isSeed);
    const pool = this.#pools[index] ?? new PeerPool<HeldPeer>(isSeed);
    this.#pools[index] = pool;
    return pool;
  }

  add(peer: HeldPeer): void {
    this.peers.set(peer.key, peer);
    peer.pool.add(peer);
    if (peer.pool.isSeeds) this.#seedCount++;
  }

  remove(peer: HeldPeer): void {
    this.peers.delete(peer.key);
    peer.pool.remove(peer);
    if (peer.pool.isSeeds) this.#seedCount--;
  }

  /** The peer has become a seed, or a leech, or neither. */
  move(peer: HeldPeer, pool: PeerPool<HeldPeer>): void {
    if (peer.pool === pool) return;
    this.#seedCount += Number(pool.isSeeds) - Number(peer.pool.isSeeds);
    peer.pool.remove(peer);
    pool.add(peer);
    peer.pool = pool;
  }

  /** Peers by chance, each set of them as likely as any other of the same families. O(`count`). */
  pick(wish: PeerWish, chance: Chance): HeldPeer[] {
    const picked: HeldPeer[] = [];
    this.#pickFamily(wish.family, wish, chance, picked);
    if (wish.allFamilies) this.#pickFamily(wish.family === 4 ? 6 : 4, wish, chance, picked);
    return picked;
  }

  #pickFamily(family: 4 | 6, wish: PeerWish, chance: Chance, picked: HeldPeer[]): void {
    const lots: { readonly pool: PeerPool<HeldPeer>; taken: number }[] = [];
    let left = 0;
    for (let scope: number = wish.scope; scope < scopeCount; scope++) {
      for (const isSeed of wish.isSeed ? [false] : [false, true]) {
        const pool = this.#pools[poolIndex(family, scope, isSeed)];
        if (pool === undefined) continue;
        lots.push({ pool, taken: 0 });
        left += pool.size;
      }
    }
    for (; left > 0 && picked.length < wish.count; left--) {
      let nth = chance.integer(left);
      for (const lot of lots) {
        const size = lot.pool.size - lot.taken;
        if (nth >= size) {
          nth -= size;
          continue;
        }
        const peer = lot.pool.pick(lot.taken++, nth);
        if (peer !== undefined && peer !== wish.self) picked.push(peer);
        break;
      }
    }
  }
}

function poolIndex(family: 4 | 6, scope: number, isSeed: boolean): number {
  return ((family === 6 ? 1 : 0) * scopeCount + scope) * roleCount + Number(isSeed);
}
