import { type BlockRequest, blockLength } from '../common/block.js';
import type { InfoHash } from '../common/info-hash.js';
import { type HookHost, invoke } from '../dispatch/hook-host.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { PiecePicker } from '../picker/piece-picker.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import { BlockHolder } from './block-holder.js';
import type { MessageSender } from './message-sender.js';
import type { PeerEnvironment } from './peer-environment.js';
import type { PeerState } from './peer-state.js';
import { RequestDepth } from './request-depth.js';
import { ResponseTime } from './response-time.js';

/** How long a peer is not asked again for a block that it rejected. */
const rejectAvoidMs = 10_000;
/** A request is never given up sooner than this. */
const minTimeoutMs = 10_000;
/** Blocks a piece can have at most: 256 MiB of 16 KiB. */
const blocksPerPiece = 16_384;

/** What asking a peer for blocks needs of its torrent. */
export interface DownloadOwner {
  readonly infoHash: InfoHash;
  readonly layout: TorrentLayout | undefined;
  readonly picker: PiecePicker | undefined;
  /** Whether blocks are wanted now: not paused, not checking. */
  readonly isDownloading: boolean;
  /** Blocks of new pieces that the slot pool has room for. */
  openableBlocks(): number;
  /** A requested block is complete in `slot`, which now is the torrent's. */
  blockReceived(peer: PeerState, piece: number, block: number, slot: number): void;
  /** A plugin keeps the block from the engine. */
  blockWithPlugin(peer: PeerState, plugin: string, piece: number, block: number): void;
  /** Content that nobody had asked for, or twice. */
  countRedundant(bytes: number): void;
}

/** Requests of ours to one peer: what is outstanding, what to ask next, and what comes back. */
export class RequestPipeline {
  readonly #environment: PeerEnvironment;
  readonly #state: PeerState;
  readonly #hooks: HookHost<PeerPlugin>;
  readonly #sender: MessageSender;
  readonly #owner: DownloadOwner;
  readonly #depth = new RequestDepth();
  readonly #responseTime = new ResponseTime();
  /** When each outstanding request was sent, oldest first. */
  readonly #outstanding = new Map<number, number>();
  /** Outstanding ones that were taken back: some engines answer these with nothing (transmission 3.00). */
  readonly #cancelled = new Set<number>();
  /** Requests that a choke ended, whose blocks may be on their way. */
  readonly #late = new Set<number>();
  #avoid: Map<number, number> | undefined;
  #slot = -1;

  constructor(options: {
    readonly environment: PeerEnvironment;
    readonly state: PeerState;
    readonly hooks: HookHost<PeerPlugin>;
    readonly sender: MessageSender;
    readonly owner: DownloadOwner;
  }) {
    this.#environment = options.environment;
    this.#state = options.state;
    this.#hooks = options.hooks;
    this.#sender = options.sender;
    this.#owner = options.owner;
  }

  get outstandingCount(): number {
    return this.#outstanding.size;
  }

  /** Asks for blocks up to the depth that the peer's rate calls for. */
  pump(): void {
    const { picker, layout } = this.#owner;
    const state = this.#state;
    if (picker === undefined || layout === undefined || !this.#owner.isDownloading) return;
    if (!state.isReady || !state.weAreInterested || state.pieces === undefined) return;
    if (state.isChokingUs && state.allowedFast.length === 0) return;
    const wanted = this.#wanted();
    // Asking for a batch costs one search and one write where many single ones cost many.
    if (wanted <= 0 || (wanted < 4 && this.#outstanding.size > 2 * wanted + 8)) return;
    picker.pick(
      state.connectionId,
      {
        has: state.pieces,
        count: wanted,
        openableBlocks: this.#owner.openableBlocks(),
        ...(state.isChokingUs ? { onlyPieces: state.allowedFast } : {}),
        ...(state.suggested.length > 0 ? { preferPieces: state.suggested } : {}),
        ...(this.#avoid === undefined ? {} : { canPick: this.#canPick }),
      },
      this.#ask,
    );
  }

  #wanted(): number {
    const { settings } = this.#environment;
    if (this.#state.isSnubbed) return 1 - this.#outstanding.size;
    const max = Math.min(settings.maxOutstandingRequests, this.#state.requestQueue);
    const depth = this.#depth.blocks(this.#state.downloaded.rate, settings.requestQueueTimeMs, max);
    return depth - this.#outstanding.size;
  }

  readonly #canPick = (piece: number, block: number): boolean => {
    const until = this.#avoid?.get(keyOf(piece, block));
    return until === undefined || until <= this.#environment.clock.now();
  };

  readonly #ask = (piece: number, block: number): void => {
    const layout = this.#owner.layout as TorrentLayout;
    const begin = block * blockLength;
    const length = layout.blockSize(piece, block);
    if (this.#hooks.has('writeRequest')) {
      const handler = this.#hooks.handledBy('writeRequest', { piece, begin, length });
      if (this.#state.isClosed) return;
      if (handler !== undefined) {
        this.#owner.blockWithPlugin(this.#state, handler.scope.name, piece, block);
        return;
      }
    }
    this.#send(piece, block, begin, length);
  };

  #send(piece: number, block: number, begin: number, length: number): void {
    this.#outstanding.set(keyOf(piece, block), this.#environment.clock.now());
    this.#sender.request(piece, begin, length);
    this.#alert('blockRequested', piece, begin, length);
  }

  /** A request that a plugin sends itself; its block is marked in the picker already. */
  sendFromPlugin({ piece, begin, length }: BlockRequest): void {
    this.#send(piece, begin / blockLength, begin, length);
  }

  isOutstanding(piece: number, block: number): boolean {
    return this.#outstanding.has(keyOf(piece, block));
  }

  /** Where an arriving block goes: a slot, a stall where none is free, nowhere where it was not asked for. */
  target(piece: number, begin: number, length: number): Uint8Array | 'stall' | undefined {
    if (!this.#isExpected(piece, begin, length)) return undefined;
    const slot = this.#environment.slots.acquire();
    if (slot < 0) return 'stall';
    this.#slot = slot;
    const view = this.#environment.slots.view(slot);
    return length === view.length ? view : view.subarray(0, length);
  }

  #isExpected(piece: number, begin: number, length: number): boolean {
    const layout = this.#owner.layout;
    if (layout === undefined || !layout.isValidPiece(piece) || begin % blockLength !== 0) return false;
    const block = begin / blockLength;
    if (block >= layout.blockCount(piece) || length !== layout.blockSize(piece, block)) return false;
    const key = keyOf(piece, block);
    return this.#outstanding.has(key) || this.#late.has(key);
  }

  /** The block under way is complete. */
  received(piece: number, begin: number, length: number): void {
    const block = begin / blockLength;
    const key = keyOf(piece, block);
    const slot = this.#slot;
    const state = this.#state;
    this.#slot = -1;
    const nowMs = this.#environment.clock.now();
    const sentAtMs = this.#outstanding.get(key);
    if (sentAtMs !== undefined) this.#responseTime.add(nowMs - Math.max(sentAtMs, state.lastPieceAtMs));
    this.#outstanding.delete(key);
    this.#cancelled.delete(key);
    this.#late.delete(key);
    this.#depth.onBlock();
    state.downloaded.add(length);
    state.lastPieceAtMs = nowMs;
    state.isSnubbed = false;
    this.#alert('blockFinished', piece, begin, length);
    if (this.#hooks.has('onPiece') && this.#offerToPlugins(piece, block, begin, length, slot)) return;
    this.#owner.blockReceived(state, piece, block, slot);
  }

  /** Shows the block to plugins; true where it is not to be committed. */
  #offerToPlugins(piece: number, block: number, begin: number, length: number, slot: number): boolean {
    const { slots, diskBuffers } = this.#environment;
    const request = { piece, begin, length };
    const view = slots.view(slot).subarray(0, length);
    let isTaken = false;
    const take = (plugin: string): void => {
      isTaken = true;
      slots.release(slot);
      this.#owner.blockWithPlugin(this.#state, plugin, piece, block);
    };
    for (const entry of this.#hooks.list('onPiece')) {
      if (!this.#hooks.mayCall(entry)) continue;
      const { name } = entry.scope;
      const holder = new BlockHolder(name, view, diskBuffers, () => take(name));
      const isHandled = invoke(entry, 'onPiece', [request, holder]) === true;
      holder.close();
      if (isHandled && !isTaken) take(name);
      if (isTaken) return true;
    }
    if (!this.#state.isClosed) return false;
    slots.release(slot);
    this.#owner.picker?.release(this.#state.connectionId, piece, block);
    return true;
  }

  /** A block that was not asked for has been thrown away. */
  discarded(piece: number, begin: number, length: number): void {
    this.#owner.countRedundant(length);
    this.#alert('blockUnwanted', piece, begin, length);
  }

  /** The remote chokes us: without the fast extension that ends all requests (BEP 3, BEP 6). */
  onChoked(): void {
    if (this.#state.supportsFast) return;
    this.#late.clear();
    for (const key of this.#outstanding.keys()) this.#late.add(key);
    this.#outstanding.clear();
    this.#owner.picker?.releaseAll(this.#state.connectionId);
  }

  /**
   * The remote will not answer a request: it refuses it, or we have taken it back. `undefined` where there is
   * none.
   */
  settleRejected(piece: number, begin: number): 'refused' | 'cancelled' | undefined {
    const block = begin / blockLength;
    const key = keyOf(piece, block);
    const isCancelled = this.#cancelled.delete(key);
    if (!this.#outstanding.delete(key)) return undefined;
    this.#owner.picker?.release(this.#state.connectionId, piece, block);
    return isCancelled ? 'cancelled' : 'refused';
  }

  /** The remote is not asked for the block again before `untilMs`. */
  avoid(piece: number, block: number, untilMs: number): void {
    this.#avoid ??= new Map();
    this.#avoid.set(keyOf(piece, block), untilMs);
  }

  avoidRejected(piece: number, begin: number): void {
    this.avoid(piece, begin / blockLength, this.#environment.clock.now() + rejectAvoidMs);
  }

  /** Takes a request back. With the fast extension the remote still answers it (BEP 6). */
  cancel(piece: number, block: number): void {
    const key = keyOf(piece, block);
    if (!this.#outstanding.has(key)) return;
    const layout = this.#owner.layout as TorrentLayout;
    this.#sender.cancel(piece, block * blockLength, layout.blockSize(piece, block));
    if (this.#state.supportsFast) {
      this.#cancelled.add(key);
      return;
    }
    this.#outstanding.delete(key);
    this.#late.add(key);
    this.#owner.picker?.release(this.#state.connectionId, piece, block);
  }

  /** We did not read what the remote may have sent: it is neither late nor silent for that. */
  notRead(nowMs: number): void {
    this.#state.lastPieceAtMs = nowMs;
    this.#state.lastReceivedAtMs = nowMs;
  }

  /** Times requests out. True where the peer has just become snubbed. */
  tick(nowMs: number): boolean {
    this.#depth.tick(this.#state.downloaded.rate);
    if (this.#avoid !== undefined) {
      for (const [key, until] of this.#avoid) if (until <= nowMs) this.#avoid.delete(key);
      if (this.#avoid.size === 0) this.#avoid = undefined;
    }
    const timeoutMs = this.#timeoutMs();
    let isLate = false;
    for (const [key, sentAtMs] of this.#outstanding) {
      if (Math.max(sentAtMs, this.#state.lastPieceAtMs) + timeoutMs > nowMs) break;
      const piece = Math.floor(key / blocksPerPiece);
      const block = key % blocksPerPiece;
      this.#outstanding.delete(key);
      this.#late.add(key);
      this.#owner.picker?.release(this.#state.connectionId, piece, block);
      if (this.#cancelled.delete(key)) continue;
      isLate = true;
      const length = this.#owner.layout?.blockSize(piece, block) ?? blockLength;
      this.#alert('blockTimeout', piece, block * blockLength, length);
    }
    if (!isLate || this.#state.isSnubbed) return false;
    this.#state.isSnubbed = true;
    return true;
  }

  /** Shorter than the setting where the peer has shown that it delivers faster. */
  #timeoutMs(): number {
    return this.#responseTime.timeoutMs(minTimeoutMs, this.#environment.settings.requestTimeoutMs);
  }

  /** The connection is gone. */
  close(): void {
    if (this.#slot >= 0) this.#environment.slots.release(this.#slot);
    this.#slot = -1;
    this.#outstanding.clear();
    this.#cancelled.clear();
    this.#late.clear();
    this.#owner.picker?.releaseAll(this.#state.connectionId);
  }

  #alert(
    type: 'blockRequested' | 'blockFinished' | 'blockTimeout' | 'blockUnwanted',
    piece: number,
    begin: number,
    length: number,
  ): void {
    const { alerts } = this.#environment;
    if (!alerts.wants(type)) return;
    const { endpoint } = this.#state;
    alerts.post(type, { infoHash: this.#owner.infoHash, endpoint, piece, begin, length });
  }
}

function keyOf(piece: number, block: number): number {
  return piece * blocksPerPiece + block;
}
