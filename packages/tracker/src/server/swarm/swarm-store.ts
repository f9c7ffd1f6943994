import { addressBytes, type Clock, type Endpoint, type TimerHandle } from '@peerloom/core/plugin';
import type { AnnounceRequest, SwarmCounts } from '../announce.js';
import { AddressAccounts } from './address-accounts.js';
import { scopeOf } from './address-scope.js';
import type { Chance } from './chance.js';
import { PeerQueue } from './peer-queue.js';
import { type HeldPeer, type Reach, Swarm } from './swarm.js';

/** Bounds of a {@link SwarmStore}. */
export interface SwarmStoreLimits {
  /** After this time peers should announce again. */
  readonly intervalMs: number;
  readonly maxTorrents: number;
  readonly maxPeers: number;
  readonly maxPeersPerTorrent: number;
  readonly maxPeersPerAddress: number;
}

/** Why a peer that announced is not kept, so that others are not told of it: the limit that it met. */
export type UnlistedReason = 'address' | 'torrent' | 'tracker';

/** What the reply to an announce has room for. */
export interface ReplyRoom {
  readonly maxPeers: number;
  /** Whether peers of the other family than the asker's go in, too. */
  readonly allFamilies: boolean;
}

/** What became of an announce. */
export interface Announced {
  readonly counts: SwarmCounts;
  readonly peers: readonly HeldPeer[];
  /** Where the peer is not kept though it would be if there was room. */
  readonly unlisted: UnlistedReason | undefined;
}

/** What a {@link SwarmStore} holds and has done. */
export interface SwarmStoreStats {
  readonly torrents: number;
  readonly peers: number;
  readonly seeds: number;
  readonly expiredPeers: number;
  readonly evictedPeers: number;
}

/** Who is silent for as many intervals is forgotten. */
const intervalsToExpiry = 2;
/** Who is silent for more has missed an announce, and makes room for newcomers where there is none. */
const intervalsToEviction = 1.5;
/** Expired peers are looked for no more often. */
const expiryPauseMs = 1_000;

/** All swarms and their peers, within bounds. An announce costs O(peers told). */
export class SwarmStore {
  readonly #limits: SwarmStoreLimits;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #isKept: (infoHash: string) => boolean;
  readonly #swarms = new Map<string, Swarm>();
  readonly #queue = new PeerQueue();
  readonly #accounts = new AddressAccounts();
  #seedCount = 0;
  #expiredPeers = 0;
  #evictedPeers = 0;
  #timer: TimerHandle | undefined;

  /** `isKept` says which torrents stay, with their counts, when their last peer has gone. */
  constructor(limits: SwarmStoreLimits, clock: Clock, chance: Chance, isKept: (infoHash: string) => boolean) {
    this.#limits = limits;
    this.#clock = clock;
    this.#chance = chance;
    this.#isKept = isKept;
  }

  stats(): SwarmStoreStats {
    return {
      torrents: this.#swarms.size,
      peers: this.#queue.size,
      seeds: this.#seedCount,
      expiredPeers: this.#expiredPeers,
      evictedPeers: this.#evictedPeers,
    };
  }

  /** Takes note of the peer and picks others for it. `undefined` where there is no room for another torrent. */
  announce(request: AnnounceRequest, room: ReplyRoom): Announced | undefined {
    const { infoHash, peer: where, event } = request;
    const key = compactKey(where);
    if (event === 'stopped') return this.#stopped(infoHash, key);
    const known = this.#swarms.get(infoHash);
    if (known === undefined && this.#swarms.size >= this.#limits.maxTorrents) return undefined;
    const swarm = known ?? new Swarm(infoHash);
    const reach: Reach = { family: where.family, scope: scopeOf(where.address) };
    let peer = swarm.peers.get(key);
    let unlisted: UnlistedReason | undefined;
    if (peer !== undefined) this.#update(peer, request, reach);
    else {
      unlisted = this.#whyUnlisted(swarm, where.address);
      if (unlisted === undefined) peer = this.#add(swarm, key, request, reach);
    }
    const isSeed = request.leftBytes === 0;
    if (peer !== undefined && event === 'completed' && isSeed && !peer.hasCompleted) {
      peer.hasCompleted = true;
      swarm.downloadedCount++;
    }
    const { allFamilies, maxPeers: count } = room;
    const peers = swarm.pick({ ...reach, self: peer, isSeed, allFamilies, count }, this.#chance);
    return { counts: countsOf(swarm), peers, unlisted };
  }

  /** Counts of a torrent, 0 of one that is not there. */
  scrape(infoHash: string): SwarmCounts {
    return countsOf(this.#swarms.get(infoHash));
  }

  /** Forgets a torrent with its peers. */
  forget(infoHash: string): void {
    for (const peer of [...(this.#swarms.get(infoHash)?.peers.values() ?? [])]) this.#remove(peer);
    this.#swarms.delete(infoHash);
  }

  /** Forgets the torrents, with their peers, that `isWanted` does not want, and those without peers that are not kept. */
  retain(isWanted: (infoHash: string) => boolean): void {
    for (const [infoHash, swarm] of this.#swarms) {
      if (!isWanted(infoHash) || (swarm.peers.size === 0 && !this.#isKept(infoHash))) this.forget(infoHash);
    }
  }

  /** Forgets everything. */
  close(): void {
    if (this.#timer !== undefined) this.#clock.clear(this.#timer);
    this.#timer = undefined;
    this.retain(() => false);
  }

  #stopped(infoHash: string, key: string): Announced {
    const swarm = this.#swarms.get(infoHash);
    const peer = swarm?.peers.get(key);
    if (peer !== undefined) this.#remove(peer);
    return { counts: countsOf(swarm), peers: [], unlisted: undefined };
  }

  #update(peer: HeldPeer, { peerId, leftBytes }: AnnounceRequest, reach: Reach): void {
    const { swarm } = peer;
    const pool = swarm.poolFor(reach, leftBytes === 0);
    this.#seedCount += Number(pool.isSeeds) - Number(peer.pool.isSeeds);
    swarm.move(peer, pool);
    if (peer.peerId !== peerId) peer.peerId = peerId;
    peer.lastSeenMs = this.#clock.now();
    this.#queue.remove(peer);
    this.#queue.append(peer);
  }

  #add(
    swarm: Swarm,
    key: string,
    { peerId, peer: where, leftBytes }: AnnounceRequest,
    reach: Reach,
  ): HeldPeer {
    const peer: HeldPeer = {
      swarm,
      key,
      account: this.#accounts.enter(where.address),
      peerId,
      lastSeenMs: this.#clock.now(),
      hasCompleted: false,
      pool: swarm.poolFor(reach, leftBytes === 0),
      index: 0,
      older: undefined,
      newer: undefined,
    };
    this.#swarms.set(swarm.infoHash, swarm);
    swarm.add(peer);
    this.#seedCount += Number(peer.pool.isSeeds);
    this.#queue.append(peer);
    this.#expireLater();
    return peer;
  }

  #remove(peer: HeldPeer): void {
    const { swarm } = peer;
    swarm.remove(peer);
    this.#seedCount -= Number(peer.pool.isSeeds);
    this.#queue.remove(peer);
    this.#accounts.leave(peer.account);
    if (swarm.peers.size === 0 && !this.#isKept(swarm.infoHash)) this.#swarms.delete(swarm.infoHash);
  }

  #whyUnlisted(swarm: Swarm, address: string): UnlistedReason | undefined {
    const { maxPeers, maxPeersPerTorrent, maxPeersPerAddress } = this.#limits;
    if (this.#accounts.peerCount(address) >= maxPeersPerAddress) return 'address';
    if (swarm.peers.size >= maxPeersPerTorrent) return 'torrent';
    if (this.#queue.size < maxPeers) return undefined;
    const { oldest } = this.#queue;
    if (oldest === undefined || !this.#isSilentFor(oldest, intervalsToEviction)) return 'tracker';
    this.#remove(oldest);
    this.#evictedPeers++;
    return undefined;
  }

  #isSilentFor(peer: HeldPeer, intervals: number): boolean {
    return this.#clock.now() - peer.lastSeenMs >= intervals * this.#limits.intervalMs;
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    for (let { oldest } = this.#queue; oldest !== undefined; { oldest } = this.#queue) {
      if (!this.#isSilentFor(oldest, intervalsToExpiry)) break;
      this.#remove(oldest);
      this.#expiredPeers++;
    }
    this.#expireLater();
  };

  #expireLater(): void {
    const { oldest } = this.#queue;
    if (oldest === undefined || this.#timer !== undefined) return;
    const dueMs = oldest.lastSeenMs + intervalsToExpiry * this.#limits.intervalMs - this.#clock.now();
    this.#timer = this.#clock.setTimeout(this.#expire, Math.max(dueMs, expiryPauseMs));
  }
}

function countsOf(swarm: Swarm | undefined): SwarmCounts {
  const { seedCount = 0, leechCount = 0, downloadedCount = 0 } = swarm ?? {};
  return { complete: seedCount, incomplete: leechCount, downloaded: downloadedCount };
}

/** An endpoint in compact form (BEP 23, BEP 7), one character a byte: a string takes less memory than an array. */
function compactKey({ address, port }: Endpoint): string {
  return String.fromCharCode(...addressBytes(address), port >> 8, port & 0xff);
}
