import { rateLimitsOf } from '../bandwidth/torrent-bandwidth.js';
import type { ReadonlyBitfield } from '../common/bitfield.js';
import { type BlockRequest, blockLength } from '../common/block.js';
import type { Endpoint } from '../common/endpoint.js';
import { ContextClosedError, PluginError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { PeerFlags, PeerSource } from '../common/peer-source.js';
import type { TorrentState } from '../common/torrent-state.js';
import { OwnedClock } from '../dispatch/owned-clock.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import { OwnedRateLimits } from '../peer/owned-rate-limits.js';
import { PeerContextFacade } from '../peer/peer-context.js';
import type { ExtensionHandle, RemoveExtensionOptions } from '../plugin/extension-handle.js';
import type { PeerContext } from '../plugin/peer-context.js';
import type { PluginKey } from '../plugin/plugin-key.js';
import type { RateLimits } from '../plugin/rate-limits.js';
import type { SessionContext } from '../plugin/session-context.js';
import type {
  BlockSource,
  KnownPeer,
  PauseOptions,
  PieceHold,
  TorrentContext,
  TorrentPolicy,
  TorrentStats,
} from '../plugin/torrent-context.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { Clock } from '../ports/clock.js';
import type { Torrent } from './torrent.js';
import type { TorrentEnvironment } from './torrent-environment.js';
import { addTorrentExtension, removeTorrentExtension } from './torrent-extensions.js';
import { torrentStats } from './torrent-stats.js';
import type { TorrentWants } from './torrent-wants.js';

/** One plugin's facade of one torrent. */
export class TorrentContextFacade implements TorrentContext {
  readonly #torrent: Torrent;
  readonly #scope: PluginScope;
  readonly #environment: TorrentEnvironment;
  #exclusive: Set<number> | undefined;
  #limits: OwnedRateLimits | undefined;
  readonly session: SessionContext;
  readonly clock: Clock;
  readonly policy: TorrentPolicy;

  constructor(
    torrent: Torrent,
    scope: PluginScope,
    session: SessionContext,
    environment: TorrentEnvironment,
  ) {
    this.#environment = environment;
    this.#torrent = torrent;
    this.#scope = scope;
    this.session = session;
    this.clock = new OwnedClock(environment.clock, scope);
    this.policy = {
      deny: (...sources) => this.#deny(sources),
      allows: (source) => torrent.allowsSource(source),
    };
  }

  get infoHash(): InfoHash {
    return this.#torrent.infoHash;
  }

  get name(): string {
    return this.#torrent.name;
  }

  get state(): TorrentState {
    return this.#torrent.life.state;
  }

  get isPaused(): boolean {
    return this.#torrent.life.isPaused;
  }

  get isQueued(): boolean {
    return this.#torrent.life.isQueued;
  }

  get isPrivate(): boolean | undefined {
    return this.#torrent.isPrivate;
  }

  get info(): TorrentInfo | undefined {
    return this.#torrent.info;
  }

  get layout(): TorrentLayout | undefined {
    return this.#torrent.layout;
  }

  get trackers(): readonly (readonly string[])[] {
    return this.#torrent.trackers;
  }

  get stats(): TorrentStats {
    return torrentStats(this.#torrent);
  }

  setMetadata(info: Uint8Array): boolean {
    this.#checkOpen('setMetadata');
    return this.#torrent.data.setMetadata(info);
  }

  have(piece: number): boolean {
    return this.#torrent.picker?.has(piece) ?? false;
  }

  pieces(): ReadonlyBitfield | undefined {
    return this.#torrent.picker?.have.clone();
  }

  peers(): readonly PeerContext[] {
    if (this.isClosed) return [];
    return this.#torrent.peers.all().map((peer) => peer.plugins.contextFor(this.#scope));
  }

  addPeer(endpoint: Endpoint, source: PeerSource, flags: PeerFlags = {}): boolean {
    this.#checkOpen('addPeer');
    return this.#torrent.peers.add(endpoint, source, flags);
  }

  knownPeers(): readonly KnownPeer[] {
    return this.#torrent.peers.known.list().map((record) => ({ ...record }));
  }

  pieceSources(piece: number): readonly BlockSource[] {
    return this.#torrent.content?.downloads.sources(piece) ?? [];
  }

  async readBlock(piece: number, block: number): Promise<Uint8Array> {
    this.#checkOpen('readBlock');
    const { layout, content } = this.#torrent;
    const isBlock =
      layout?.isValidPiece(piece) === true &&
      Number.isInteger(block) &&
      block >= 0 &&
      block < layout.blockCount(piece);
    if (content === undefined || !isBlock) throw unavailable(piece, block);
    const collected = content.downloads.read(piece, block);
    if (collected === undefined && !content.picker.has(piece)) throw unavailable(piece, block);
    try {
      return await (collected ?? content.downloads.readStored(piece, block));
    } finally {
      this.#checkOpen('readBlock');
    }
  }

  holdPiece(piece: number): PieceHold {
    this.#checkOpen('holdPiece');
    const { content } = this.#torrent;
    if (content === undefined) throw new PluginError('PLUGIN_PIECE_HOLD', 'metadata is not known');
    return content.downloads.hold(piece, this.#scope);
  }

  setExclusive(piece: number, peer: PeerContext | boolean): void {
    const picker = this.#pickerFor('setExclusive', piece);
    if (typeof peer === 'boolean') {
      this.#exclusive?.delete(piece);
      picker.setExclusive(piece, peer ? 'any-single' : undefined);
      return;
    }
    const connection = PeerContextFacade.peerOf(peer);
    if (connection === undefined || this.#torrent.peers.byId(peer.connectionId) !== connection) {
      throw invalid('not a connection of this torrent');
    }
    this.#exclusive ??= this.#ownExclusive();
    this.#exclusive.add(piece);
    picker.setExclusive(piece, peer.connectionId);
  }

  /** Pieces that are kept for a peer, until the plugin leaves. */
  #ownExclusive(): Set<number> {
    const pieces = new Set<number>();
    this.#scope.own(() => {
      for (const piece of pieces) this.#torrent.picker?.setExclusive(piece, 'any-single');
    });
    return pieces;
  }

  piecePriority(piece: number): number {
    return this.#torrent.data.wants?.piecePriority(piece) ?? 0;
  }

  setPiecePriority(piece: number, priority: number): void {
    const isSet = this.#wantsFor('setPiecePriority')?.setPiecePriority(piece, priority) === true;
    if (!isSet) throw invalid(`there is no piece ${piece}, or no priority ${priority}`);
    this.#torrent.wantsChanged();
  }

  filePriority(file: number): number {
    return this.#torrent.data.wants?.filePriority(file) ?? 0;
  }

  setFilePriority(file: number, priority: number): void {
    const isSet = this.#wantsFor('setFilePriority')?.setFilePriority(file, priority) === true;
    if (!isSet) throw invalid(`there is no file ${file}, or no priority ${priority}`);
    this.#torrent.wantsChanged(file);
  }

  get rateLimits(): RateLimits {
    return rateLimitsOf(this.#torrent.bandwidth);
  }

  setRateLimits(limits: Partial<RateLimits>): void {
    this.#checkOpen('setRateLimits');
    this.#limits ??= new OwnedRateLimits(this.#torrent.bandwidth, this.#scope);
    this.#limits.set(limits);
  }

  get isSequential(): boolean {
    return this.#torrent.data.isSequential;
  }

  setSequential(on: boolean): void {
    this.#checkOpen('setSequential');
    this.#torrent.data.setSequential(on);
  }

  setPieceDeadline(piece: number, delayMs: number): void {
    const isSet = this.#wantsFor('setPieceDeadline')?.setPieceDeadline(piece, delayMs) === true;
    if (!isSet) throw invalid(`there is no piece ${piece}, or no deadline in ${delayMs} ms`);
  }

  clearPieceDeadline(piece: number): void {
    const isCleared = this.#wantsFor('clearPieceDeadline')?.clearPieceDeadline(piece) === true;
    if (!isCleared) throw invalid(`there is no piece ${piece}`);
  }

  clearPieceDeadlines(): void {
    this.#wantsFor('clearPieceDeadlines')?.clearPieceDeadlines();
  }

  filePath(file: number): string | undefined {
    const path = this.#torrent.layout?.files[file]?.path;
    return path && (this.#torrent.fileMoves.pathOf(file) ?? path.join('/'));
  }

  async renameFile(file: number, path: string): Promise<string> {
    this.#checkOpen('renameFile');
    const renamed = await this.#torrent.fileMoves.renameFile(file, path);
    this.#checkOpen('renameFile');
    return renamed;
  }

  async moveStorage(place: string): Promise<void> {
    this.#checkOpen('moveStorage');
    await this.#torrent.fileMoves.moveStorage(place);
    this.#checkOpen('moveStorage');
  }

  deliverBlock(request: BlockRequest, bytes: Uint8Array): boolean {
    this.#checkOpen('deliverBlock');
    const { piece, begin, length } = request;
    const expected = this.#torrent.layout?.blockSize(piece, begin / blockLength);
    if (bytes.length !== length || length !== expected) {
      throw new PluginError(
        'PLUGIN_MESSAGE_INVALID',
        `${bytes.length} bytes for a block of ${expected ?? 0}`,
      );
    }
    return this.#torrent.pieces.deliver(this.#scope.name, request, bytes);
  }

  abandonBlock(request: BlockRequest): boolean {
    this.#checkOpen('abandonBlock');
    return this.#torrent.pieces.abandon(this.#scope.name, request);
  }

  addExtension(factory: TorrentPluginFactory, userData?: unknown): ExtensionHandle {
    this.#checkOpen('addExtension');
    return addTorrentExtension(this.#torrent, this.#environment.alerts, factory, userData);
  }

  removeExtension(name: string, options?: RemoveExtensionOptions): void {
    this.#checkOpen('removeExtension');
    removeTorrentExtension(this.#torrent, this.#environment.alerts, name, options);
  }

  async remove(): Promise<void> {
    this.#checkOpen('remove');
    await this.#environment.removeTorrent(this.#torrent.infoHash);
  }

  pause(options?: PauseOptions): void {
    this.#checkOpen('pause');
    this.#torrent.life.pause(options);
  }

  resume(options?: PauseOptions): void {
    this.#checkOpen('resume');
    this.#torrent.life.resume(options);
  }

  plugin<T>(key: PluginKey<T>): T | undefined {
    return this.#torrent.plugins.hooks.find(key.name)?.plugin as T | undefined;
  }

  #deny(sources: readonly PeerSource[]): () => void {
    this.#checkOpen('policy.deny');
    const { deniedSources } = this.#torrent;
    const change = (by: number): void => {
      for (const source of sources) deniedSources.set(source, (deniedSources.get(source) ?? 0) + by);
    };
    change(1);
    let isDenied = true;
    const allow = (): void => {
      if (!isDenied) return;
      isDenied = false;
      disown();
      change(-1);
    };
    const disown = this.#scope.own(allow);
    return allow;
  }

  #wantsFor(what: string): TorrentWants | undefined {
    this.#checkOpen(what);
    return this.#torrent.data.wants;
  }

  #pickerFor(what: string, piece: number): NonNullable<Torrent['picker']> {
    this.#checkOpen(what);
    const { picker, layout } = this.#torrent;
    if (picker === undefined || layout?.isValidPiece(piece) !== true) {
      throw invalid(`there is no piece ${piece}`);
    }
    return picker;
  }

  get isClosed(): boolean {
    return this.#torrent.isClosed || this.#scope.isClosed;
  }

  #checkOpen(what: string): void {
    if (this.isClosed) throw new ContextClosedError(`torrent.${what}`);
  }
}

function invalid(message: string): PluginError {
  return new PluginError('PLUGIN_MESSAGE_INVALID', message);
}

function unavailable(piece: number, block: number): PluginError {
  return new PluginError('PLUGIN_BLOCK_UNAVAILABLE', `block ${block} of piece ${piece} is not here`);
}
