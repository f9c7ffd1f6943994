import { Choker, type ChokerPeer } from '../choker/choker.js';
import { slotsByRate } from '../choker/upload-slots.js';
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
  #isDue = false;
  /** Slots by rate, as of the last round. */
  #slotsByRate = 1;
  /** What each unchoked peer had been sent at the last round. */
  #uploadedBytes = new Map<PeerConnection, number>();

  constructor(settings: Settings, random: Random) {
    this.#settings = settings;
    this.#choker = new Choker(random);
  }

  /** A round where one is due. */
  tick(peers: readonly PeerConnection[], isSeeding: boolean, nowMs: number): void {
    if (!this.#isDue && nowMs - this.#lastRoundMs < this.#settings.unchokeIntervalMs) return;
    this.#isDue = false;
    const isRotation = nowMs - this.#lastRotationMs >= this.#settings.optimisticIntervalMs;
    if (this.#settings.uploadSlotsByRate) this.#countSlots(peers, nowMs - this.#lastRoundMs);
    this.#lastRoundMs = nowMs;
    if (isRotation) this.#lastRotationMs = nowMs;
    this.#run(peers, isSeeding, nowMs, isRotation);
  }

  /** Settings have changed: the next tick is a round. */
  settingsChanged(): void {
    this.#isDue = true;
  }

  get #slots(): number {
    return this.#settings.uploadSlotsByRate ? this.#slotsByRate : this.#settings.uploadSlots;
  }

  /** From what the unchoked peers took since the last round. */
  #countSlots(peers: readonly PeerConnection[], elapsedMs: number): void {
    const before = this.#uploadedBytes;
    const unchoked = peers.filter(({ state }) => !state.isChoked);
    const rates = unchoked.map((peer) => {
      const taken = peer.state.uploaded.total - (before.get(peer) ?? 0);
      return (taken * 1000) / Math.max(1, elapsedMs);
    });
    this.#slotsByRate = slotsByRate(rates);
    this.#uploadedBytes = new Map(peers.map((peer) => [peer, peer.state.uploaded.total]));
  }

  /** A peer's interest has changed: a free slot is used at once. */
  interestChanged(peers: readonly PeerConnection[], isSeeding: boolean, nowMs: number): void {
    const taken = peers.filter(({ state }) => !state.isChoked && state.isInterested).length;
    if (taken >= this.#slots) return;
    this.#run(peers, isSeeding, nowMs, false);
  }

  #run(peers: readonly PeerConnection[], isSeeding: boolean, nowMs: number, rotateOptimistic: boolean): void {
    const views = peers.filter(({ state }) => state.isReady).map((peer) => new ChokerView(peer));
    const { unchoke, optimistic } = this.#choker.decide(views, {
      slots: this.#slots,
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
