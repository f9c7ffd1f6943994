import { type BlockRequest, blockLength } from '../common/block.js';
import { copyBytes } from '../common/bytes.js';
import type { StorageError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { HookHost } from '../dispatch/hook-host.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { PeerState } from '../peer/peer-state.js';
import type { PiecePicker } from '../picker/piece-picker.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';
import type { PieceDownloadsOwner } from './piece-downloads.js';
import { type PluginBlock, PluginBlocks } from './plugin-blocks.js';
import type { TorrentContent } from './torrent-content.js';
import type { TorrentEnvironment } from './torrent-environment.js';
import type { TorrentPeers } from './torrent-peers.js';

/** How long a peer is not asked for a block that a plugin has abandoned. */
const abandonedAvoidMs = 60_000;

/** How long the one peer that sent all of a piece that failed is not asked for it. */
const failedAvoidMs = 60_000;

/** What the pieces ask of their torrent. */
export interface TorrentPiecesOwner {
  readonly infoHash: InfoHash;
  readonly layout: TorrentLayout | undefined;
  readonly picker: PiecePicker | undefined;
  readonly content: TorrentContent | undefined;
  readonly peers: TorrentPeers;
  /** What is had has changed. */
  updateState(): void;
  storageFailed(error: StorageError): void;
  pluginFault(scope: PluginScope, hook: string, error: unknown): void;
}

/** Blocks on their way, with the engine or with a plugin, and what follows when a piece passes or fails. */
export class TorrentPieces implements PieceDownloadsOwner {
  readonly #environment: TorrentEnvironment;
  readonly #owner: TorrentPiecesOwner;
  readonly #hooks: HookHost<TorrentPlugin>;
  readonly #withPlugins = new PluginBlocks();
  redundantBytes = 0;
  wastedBytes = 0;
  hashFailures = 0;

  constructor(environment: TorrentEnvironment, owner: TorrentPiecesOwner, hooks: HookHost<TorrentPlugin>) {
    this.#environment = environment;
    this.#owner = owner;
    this.#hooks = hooks;
  }

  /** A requested block is complete in a slot, which is taken over. */
  received(peer: PeerState, piece: number, block: number, slot: number): void {
    const { content } = this.#owner;
    if (content) content.downloads.commit(peer, piece, block, slot);
    else this.#environment.slots.release(slot);
  }

  /** Blocks that are with plugins: all, or those of one. */
  countWithPlugins(plugin?: string): number {
    return plugin === undefined ? this.#withPlugins.size : this.#withPlugins.countOf(plugin);
  }

  /** A plugin keeps a block from the engine. */
  leaveToPlugin(peer: PeerState, plugin: string, piece: number, block: number): void {
    this.#owner.picker?.release(peer.connectionId, piece, block);
    this.#owner.picker?.withPlugin(piece, block, true);
    this.#withPlugins.add(plugin, peer, piece, block, this.#environment.clock.now());
  }

  /** See `TorrentContext.deliverBlock`. */
  deliver(plugin: string, { piece, begin }: BlockRequest, bytes: Uint8Array): boolean {
    const found = this.#withPlugins.take(plugin, piece, begin / blockLength);
    const copy = copyBytes(bytes);
    this.#environment.diskBuffers.giveBack(plugin, bytes);
    if (found === undefined) return false;
    this.#commitCopy(found, copy);
    return true;
  }

  #commitCopy(found: PluginBlock, bytes: Uint8Array): void {
    const { slots } = this.#environment;
    const slot = slots.acquire();
    if (slot < 0) {
      slots.whenFree(() => this.#commitCopy(found, bytes));
      return;
    }
    slots.view(slot).set(bytes);
    this.received(found.peer, found.piece, found.block, slot);
  }

  /** See `TorrentContext.abandonBlock`. */
  abandon(plugin: string, { piece, begin }: BlockRequest): boolean {
    const found = this.#withPlugins.take(plugin, piece, begin / blockLength);
    if (found) this.#giveBack(found);
    return found !== undefined;
  }

  /** The block is wanted again, but for a while not from its peer. */
  #giveBack({ peer, piece, block }: PluginBlock): void {
    this.#owner.picker?.withPlugin(piece, block, false);
    const untilMs = this.#environment.clock.now() + abandonedAvoidMs;
    this.#owner.peers.byId(peer.connectionId)?.requests.avoid(piece, block, untilMs);
    this.pieceReopened();
  }

  pluginLeft(plugin: string): void {
    for (const block of this.#withPlugins.takeAll(plugin)) this.#giveBack(block);
  }

  tick(nowMs: number): void {
    for (const block of this.#withPlugins.takeExpired(nowMs)) this.#giveBack(block);
  }

  cancelRequests(piece: number, block: number): void {
    for (const key of this.#owner.picker?.requesters(piece, block) ?? []) {
      this.#owner.peers.byId(key)?.requests.cancel(piece, block);
    }
  }

  piecePassed(piece: number, contributors: ReadonlySet<PeerState>): void {
    const { alerts } = this.#environment;
    const { infoHash, content, peers } = this.#owner;
    alerts.post('pieceFinished', { infoHash, piece });
    for (const file of content?.files.pieceGained(piece) ?? []) {
      alerts.post('fileCompleted', { infoHash, file, path: content?.pathOf(file) ?? '' });
    }
    this.#hooks.notify('onPiecePass', piece);
    for (const peer of peers.all()) {
      if (contributors.has(peer.state)) peer.hooks.notify('onPiecePass', piece);
      peer.opening.announceHave(piece);
      peer.pieces.gained(piece);
    }
    this.#owner.updateState();
  }

  pieceFailed(piece: number, contributors: ReadonlySet<PeerState>): void {
    const { infoHash, layout, peers } = this.#owner;
    const { counters } = this.#environment;
    const lengthBytes = layout?.pieceSize(piece) ?? 0;
    this.hashFailures++;
    counters.hashFailures++;
    this.wastedBytes += lengthBytes;
    counters.wastedBytes += lengthBytes;
    this.#environment.alerts.post('hashFailed', { infoHash, piece });
    for (const peer of contributors) peer.hashFailures++;
    this.#doubt(piece, contributors);
    this.#hooks.notify('onPieceFailed', piece);
    for (const peer of peers.all()) {
      if (contributors.has(peer.state)) peer.hooks.notify('onPieceFailed', piece);
    }
  }

  /**
   * Sees to it that a piece that failed is not fetched in the same way again. Of several peers nobody knows which was
   * wrong: one alone sends it next. One that was alone is not asked for it for a while. Plugins may decide otherwise.
   */
  #doubt(piece: number, contributors: ReadonlySet<PeerState>): void {
    const { layout, picker, peers } = this.#owner;
    const [first, second] = contributors;
    if (first === undefined || layout === undefined) return;
    if (second !== undefined) {
      picker?.setExclusive(piece, 'any-single');
      return;
    }
    const untilMs = this.#environment.clock.now() + failedAvoidMs;
    const requests = peers.byId(first.connectionId)?.requests;
    for (let block = 0; block < layout.blockCount(piece); block++) requests?.avoid(piece, block, untilMs);
  }

  /** Blocks are open again: somebody may be asked for them. */
  pieceReopened(): void {
    for (const peer of this.#owner.peers.all()) peer.requestMore();
  }

  storageFailed(error: StorageError): void {
    this.#owner.storageFailed(error);
  }

  countRedundant(bytes: number): void {
    this.redundantBytes += bytes;
    this.#environment.counters.redundantBytes += bytes;
  }

  pluginFault(scope: PluginScope, hook: string, error: unknown): void {
    this.#owner.pluginFault(scope, hook, error);
  }
}
