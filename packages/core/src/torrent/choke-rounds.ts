import { Choker, type ChokerPeer } from '../choker/choker.js';
import type { PeerConnection } from '../peer/peer-connection.js';
import type { Random } from '../ports/random.js';
import type { Settings } from '../settings/settings-table.js';

/** What a seed gives one peer before others come first, in bytes. */
const roundQuotaBytes = 16 * 1024 * 1024;

/** Decides, at intervals and when interest changes, which peers of a torrent are unchoked. */
export class ChokeRounds {
  readonly #settings: Settings;
  readonly #choker: Choker<ChokerView>;
  #lastRoundMs = Number.NEGATIVE_INFINITY;
  #lastRotationMs = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings, random: Random) {
    this.#settings = settings;
    this.#choker = new Choker(random);
  }

  /** A round where one is due. */
  tick(peers: readonly PeerConnection[], isSeeding: boolean, nowMs: number): void {
    if (nowMs - this.#lastRoundMs < this.#settings.unchokeIntervalMs) return;
    const isRotation = nowMs - this.#lastRotationMs >= this.#settings.optimisticIntervalMs;
    this.#lastRoundMs = nowMs;
    if (isRotation) this.#lastRotationMs = nowMs;
    this.#run(peers, isSeeding, nowMs, isRotation);
  }

  /** A peer's interest has changed: a free slot is used at once. */
  interestChanged(peers: readonly PeerConnection[], isSeeding: boolean, nowMs: number): void {
    const taken = peers.filter(({ state }) => !state.isChoked && state.isInterested).length;
    if (taken >= this.#settings.uploadSlots) return;
    this.#run(peers, isSeeding, nowMs, false);
  }

  #run(peers: readonly PeerConnection[], isSeeding: boolean, nowMs: number, rotateOptimistic: boolean): void {
    const views = peers.filter(({ state }) => state.isReady).map((peer) => new ChokerView(peer));
    const { unchoke, optimistic } = this.#choker.decide(views, {
      slots: this.#settings.uploadSlots,
      isSeeding,
      nowMs,
      rotateOptimistic,
      roundQuotaBytes,
    });
    for (const view of views) {
      if (view.peer.isClosed) continue;
      view.peer.state.isOptimistic = optimistic.has(view);
      if (unchoke.has(view)) view.peer.unchoke();
      else view.peer.choke();
    }
  }
}

/** A connection as the choker sees it; plugins are asked once a round. */
class ChokerView implements ChokerPeer {
  readonly peer: PeerConnection;
  readonly canUnchoke: boolean;
  readonly priority: number | undefined;

  constructor(peer: PeerConnection) {
    this.peer = peer;
    this.canUnchoke = peer.state.isInterested && peer.hooks.allows('canUnchoke');
    this.priority = this.canUnchoke ? peer.hooks.first('unchokePriority') : undefined;
  }

  get isInterested(): boolean {
    return this.peer.state.isInterested;
  }

  get isUnchoked(): boolean {
    return !this.peer.state.isChoked;
  }

  get isOptimistic(): boolean {
    return this.peer.state.isOptimistic;
  }

  get downloadRate(): number {
    return this.peer.state.downloaded.rate;
  }

  get uploadRate(): number {
    return this.peer.state.uploaded.rate;
  }

  get isSnubbed(): boolean {
    return this.peer.state.isSnubbed;
  }

  get connectedAtMs(): number {
    return this.peer.state.connectedAtMs;
  }

  get unchokedAtMs(): number {
    return this.peer.state.unchokedAtMs;
  }

  get uploadedSinceUnchokeBytes(): number {
    return this.peer.state.uploaded.total - this.peer.state.uploadedAtUnchokeBytes;
  }
}
