import { createHash } from 'node:crypto';
import type { InfoHash } from '../common/info-hash.js';
import type { HookHost } from '../dispatch/hook-host.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import { allowedFastSet } from '../wire/allowed-fast.js';
import type { MessageSender } from './message-sender.js';
import type { PeerEnvironment } from './peer-environment.js';
import type { PeerState } from './peer-state.js';

/** What granting pieces asks of the torrent. */
export interface FastGrantsOwner {
  readonly infoHash: InfoHash;
  readonly layout: TorrentLayout | undefined;
  /** Whether peers are served now. */
  readonly isServing: boolean;
}

/**
 * The pieces that one remote may fetch while we choke it (BEP 6), so that a newcomer has something to give:
 * granted once, when it wants something and gets no slot, and each for as many bytes as it has.
 */
export class FastGrants {
  readonly #environment: PeerEnvironment;
  readonly #state: PeerState;
  readonly #hooks: HookHost<PeerPlugin>;
  readonly #sender: MessageSender;
  readonly #owner: FastGrantsOwner;
  /** Bytes that may still be fetched, by piece. */
  readonly #bytesLeft = new Map<number, number>();
  #isOffered = false;

  constructor(options: {
    readonly environment: PeerEnvironment;
    readonly state: PeerState;
    readonly hooks: HookHost<PeerPlugin>;
    readonly sender: MessageSender;
    readonly owner: FastGrantsOwner;
  }) {
    this.#environment = options.environment;
    this.#state = options.state;
    this.#hooks = options.hooks;
    this.#sender = options.sender;
    this.#owner = options.owner;
  }

  /** The remote is interested: grants its set where it is choked and still has next to nothing. */
  offer(): void {
    const { layout } = this.#owner;
    const { allowedFastSetSize: count } = this.#environment.settings;
    if (this.#isOffered || layout === undefined || !this.#mayBeServed()) return;
    if (!this.#state.isInterested || (this.#state.pieces?.count ?? 0) >= count) return;
    this.#isOffered = true;
    const pieces = allowedFastSet({
      sha1: (bytes) => createHash('sha1').update(bytes).digest(),
      infoHash: this.#owner.infoHash.toBytes(),
      address: this.#state.endpoint.address,
      pieceCount: layout.pieceCount,
      count,
    });
    for (const piece of pieces) {
      if (this.#state.isClosed) return;
      if (this.#state.pieces?.has(piece) !== true) this.grant(piece);
    }
  }

  #mayBeServed(): boolean {
    const { isReady, supportsFast, isChoked } = this.#state;
    return isReady && supportsFast && isChoked && this.#owner.isServing && this.isAllowed;
  }

  /** Tells the remote that it may fetch the piece while it is choked. The layout is known. */
  grant(piece: number): void {
    this.#bytesLeft.set(piece, this.#owner.layout?.pieceSize(piece) ?? 0);
    this.#sender.allowedFast(piece);
  }

  /** Whether extensions let the remote be served at all. */
  get isAllowed(): boolean {
    return this.#hooks.allows('canUnchoke');
  }

  /** Takes the right to be sent so much of the piece while choked; false where there is none. */
  take(piece: number, length: number): boolean {
    const left = this.#bytesLeft.get(piece);
    if (left === undefined || left < length || !this.isAllowed) return false;
    this.#bytesLeft.set(piece, left - length);
    return true;
  }
}
