import { createHash } from 'node:crypto';
import type { PluginFaultAction } from '../alerts/alert.js';
import type { ReadonlyBitfield } from '../common/bitfield.js';
import { type BlockRequest, blockLength } from '../common/block.js';
import { bytesEqual } from '../common/bytes.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import { isPeerloomError, MetainfoError, type StorageError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { PeerSource } from '../common/peer-source.js';
import type { HookEntry } from '../dispatch/hook-host.js';
import type { PluginScope, ScopeUsage } from '../dispatch/plugin-scope.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import { parseInfo, type TorrentInfo } from '../metainfo/torrent-info.js';
import type { PeerConnection } from '../peer/peer-connection.js';
import { PeerContextFacade } from '../peer/peer-context.js';
import type { PeerState } from '../peer/peer-state.js';
import { TransferMeters } from '../peer/rate-meter.js';
import type { PiecePicker } from '../picker/piece-picker.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import type { DisconnectOptions, PeerContext } from '../plugin/peer-context.js';
import type { TorrentContext } from '../plugin/torrent-context.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';
import type { Connection } from '../ports/network.js';
import type { Storage } from '../ports/storage.js';
import { ChokeRounds } from './choke-rounds.js';
import { RequiredFaults } from './required-faults.js';
import { PluginBlocks, type PluginBlock } from './plugin-blocks.js';
import { TorrentContent, makePicker } from './torrent-content.js';
import { TorrentContextFacade } from './torrent-context.js';
import type { TorrentEnvironment } from './torrent-environment.js';
import { type LifecycleOwner, TorrentLifecycle } from './torrent-lifecycle.js';
import { TorrentPeers, type TorrentPeersOwner } from './torrent-peers.js';
import { TorrentPlugins, type TorrentPluginsOwner } from './torrent-plugins.js';
import type { PieceDownloadsOwner } from './piece-downloads.js';

/** How long a peer is not asked for a block that a plugin has abandoned. */
const abandonedAvoidMs = 60_000;

/** One torrent of a session: its peers, plugins and content, and what happens between them. */
export class Torrent
  implements TorrentPeersOwner, TorrentPluginsOwner, PieceDownloadsOwner, LifecycleOwner
{
  readonly infoHash: InfoHash;
  readonly userData: unknown;
  readonly trackers: readonly (readonly string[])[];
  readonly keptBudget = { bytes: 0 };
  readonly meters: TransferMeters;
  readonly plugins: TorrentPlugins;
  readonly peers: TorrentPeers;
  readonly life: TorrentLifecycle;
  readonly blocks = new PluginBlocks();
  readonly deniedSources = new Map<PeerSource, number>();
  readonly #environment: TorrentEnvironment;
  readonly #params: AddTorrentParams;
  readonly #storage: Storage;
  readonly #chokes: ChokeRounds;
  readonly #requiredFaults: RequiredFaults;
  readonly #displayName: string;
  #info: TorrentInfo | undefined;
  #picker: PiecePicker | undefined;
  #content: TorrentContent | undefined;
  #opening: Promise<void> = Promise.resolve();
  #isChecked = false;
  #isClosed = false;
  checkedBytes = 0;
  redundantBytes = 0;
  wastedBytes = 0;
  hashFailures = 0;

  constructor(environment: TorrentEnvironment, params: AddTorrentParams, totals: TransferMeters) {
    const { torrent } = params;
    this.#environment = environment;
    this.#params = params;
    this.#storage = params.storage ?? environment.storage;
    this.meters = new TransferMeters(totals);
    this.userData = params.userData;
    this.infoHash = 'info' in torrent ? torrent.info.infoHash : torrent.infoHash;
    this.trackers =
      'info' in torrent ? torrent.trackers : torrent.trackers.map((tracker) => [tracker]);
    this.#displayName =
      'info' in torrent ? torrent.info.name : (torrent.displayName ?? this.infoHash.hex);
    this.plugins = new TorrentPlugins(this);
    const { hooks } = this.plugins;
    this.peers = new TorrentPeers(environment, this, hooks);
    this.life = new TorrentLifecycle(this, environment.alerts, hooks, params.isPaused === true);
    this.#chokes = new ChokeRounds(environment.settings, environment.random);
    this.#requiredFaults = new RequiredFaults(environment.clock);
  }

  /** Begins: after plugins were added and the torrent was announced. */
  start(): void {
    const { torrent, peers } = this.#params;
    if ('info' in torrent) this.#useInfo(torrent.info);
    for (const endpoint of peers ?? []) this.peers.add(endpoint, 'manual');
    this.peers.scheduleConnect();
  }

  // --- what others read ---

  get name(): string {
    return this.#info?.name ?? this.#displayName;
  }

  get info(): TorrentInfo | undefined {
    return this.#info;
  }

  get layout(): TorrentLayout | undefined {
    return this.#info?.layout;
  }

  get picker(): PiecePicker | undefined {
    return this.#picker;
  }

  get content(): TorrentContent | undefined {
    return this.#content;
  }

  get isPrivate(): boolean | undefined {
    return this.#info?.isPrivate;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isChecked(): boolean {
    return this.#isChecked;
  }

  get mayConnect(): boolean {
    const isBusy = this.#info !== undefined && !this.#isChecked;
    return !this.#isClosed && this.life.isRunning && !isBusy;
  }

  get isDownloading(): boolean {
    return this.#isChecked && this.life.isRunning && this.#content !== undefined;
  }

  get isUploadOnly(): boolean {
    return this.#isChecked && this.#picker?.missingWanted === 0;
  }

  get announcedPieces(): ReadonlyBitfield | undefined {
    return this.#isChecked ? this.#picker?.have : undefined;
  }

  allowsSource(source: PeerSource): boolean {
    return (this.deniedSources.get(source) ?? 0) === 0;
  }

  // --- metadata and content ---

  /** See `TorrentContext.setMetadata`. */
  setMetadata(bytes: Uint8Array): boolean {
    if (this.#info !== undefined || this.#isClosed) return false;
    try {
      const digest = createHash('sha1').update(bytes).digest();
      if (!bytesEqual(digest, this.infoHash.toBytes())) {
        throw new MetainfoError('METAINFO_INFO_HASH', 'the metadata does not hash to the infohash');
      }
      if (bytes.length > this.#environment.settings.maxMetadataBytes) {
        throw new MetainfoError('METAINFO_SIZE', `metadata of ${bytes.length} bytes`);
      }
      const info = parseInfo(bytes);
      const { name } = info;
      this.#environment.alerts.post('metadataReceived', { infoHash: this.infoHash, name });
      this.#useInfo(info);
      return true;
    } catch (error) {
      if (!isPeerloomError(error)) throw error;
      this.#environment.alerts.post('metadataFailed', { infoHash: this.infoHash, error });
      return false;
    }
  }

  #useInfo(info: TorrentInfo): void {
    const wasKnown = 'info' in this.#params.torrent;
    this.#info = info;
    this.#picker = makePicker(info, this.#environment.random);
    this.#picker.setSequential(this.#params.isSequential === true);
    if (info.isPrivate) this.peers.dropPublic();
    if (!wasKnown) this.plugins.hooks.notify('onMetadata', info);
    if (this.#isClosed) return;
    this.life.setState('checkingFiles');
    for (const peer of this.peers.all()) peer.metadataKnown();
    this.#opening = this.#openContent(info, this.#picker);
  }

  async #openContent(info: TorrentInfo, picker: PiecePicker): Promise<void> {
    const { slots, clock } = this.#environment;
    try {
      this.#content ??= await TorrentContent.open({
        info,
        picker,
        storage: this.#storage,
        slots,
        clock,
        owner: this,
      });
      if (this.#isClosed) return;
      if (this.#params.assumeComplete === true) this.#content.assumeComplete();
      else await this.#content.check((checkedBytes) => (this.checkedBytes = checkedBytes));
    } catch (error) {
      if (this.#isClosed) return;
      if (!isPeerloomError(error)) throw error;
      this.life.fail(error);
      return;
    }
    if (!this.#isClosed) this.#checked(picker);
  }

  #checked(picker: PiecePicker): void {
    this.#isChecked = true;
    this.#environment.alerts.post('torrentChecked', {
      infoHash: this.infoHash,
      piecesHave: picker.have.count,
      pieceCount: picker.have.length,
    });
    this.plugins.hooks.notify('onFilesChecked');
    if (this.#isClosed) return;
    this.#updateState();
    for (const peer of this.peers.all()) {
      peer.sendState();
      peer.pieces.recountInterest();
    }
    this.peers.scheduleConnect();
  }

  /** Follows what is had and wanted. */
  #updateState(): void {
    const picker = this.#picker;
    if (picker === undefined || !this.#isChecked || this.life.state === 'error') return;
    if (picker.missingWanted > 0) {
      this.life.setState('downloading');
      return;
    }
    const wasDone = this.life.state === 'finished' || this.life.state === 'seeding';
    this.life.setState(picker.have.isFull ? 'seeding' : 'finished');
    if (wasDone) return;
    this.#environment.alerts.post('torrentFinished', { infoHash: this.infoHash });
    for (const peer of this.peers.all()) {
      peer.extensions.announceChanges();
      this.#dropUseless(peer);
    }
  }

  /** Between two that both have everything there is nothing to do. */
  #dropUseless(peer: PeerConnection): void {
    const { state } = peer;
    if (!state.isReady || !this.isUploadOnly || !(state.isSeed || state.isUploadOnly)) return;
    this.peers.markSeed(state);
    const message = 'neither side needs anything';
    peer.disconnect({ origin: 'policy', code: 'PEER_BOTH_SEEDS', message });
  }

  /** Checks the data again. Resolves when done. */
  recheck(): Promise<void> {
    const picker = this.#picker;
    const info = this.#info;
    if (picker === undefined || info === undefined || this.#isClosed) return Promise.resolve();
    this.#isChecked = false;
    this.stopped('TORRENT_CHECKING', 'the data is being checked');
    this.life.setState('checkingFiles');
    this.#opening = this.#opening.then(() => this.#openContent(info, picker));
    return this.#opening;
  }

  stopped(code: string, message: string): void {
    for (const peer of this.peers.all()) peer.disconnect({ origin: 'policy', code, message });
  }

  started(afterError: boolean): void {
    if (afterError) void this.recheck();
    this.peers.scheduleConnect();
    for (const peer of this.peers.all()) peer.requestMore();
  }

  /** Priorities have changed. */
  wantsChanged(): void {
    this.#updateState();
    for (const peer of this.peers.all()) peer.pieces.recountInterest();
  }

  // --- blocks and pieces ---

  openableBlocks(): number {
    return this.#environment.openableBlocks();
  }

  blockReceived(peer: PeerState, piece: number, block: number, slot: number): void {
    if (this.#content) this.#content.downloads.commit(peer, piece, block, slot);
    else this.#environment.slots.release(slot);
  }

  blockWithPlugin(peer: PeerState, plugin: string, piece: number, block: number): void {
    this.#picker?.release(peer.connectionId, piece, block);
    this.#picker?.withPlugin(piece, block, true);
    this.blocks.add(plugin, peer, piece, block, this.#environment.clock.now());
  }

  /** See `TorrentContext.deliverBlock`. */
  deliverBlock(plugin: string, { piece, begin }: BlockRequest, bytes: Uint8Array): boolean {
    const found = this.blocks.take(plugin, piece, begin / blockLength);
    this.#environment.diskBuffers.giveBack(plugin, bytes);
    if (found === undefined) return false;
    this.#commitCopy(found, bytes.slice());
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
    this.blockReceived(found.peer, found.piece, found.block, slot);
  }

  /** A plugin gives a block up: its peer is not asked for it again for a while. */
  abandon({ peer, piece, block }: PluginBlock): void {
    this.#picker?.withPlugin(piece, block, false);
    const untilMs = this.#environment.clock.now() + abandonedAvoidMs;
    this.peers.byId(peer.connectionId)?.requests.avoid(piece, block, untilMs);
    for (const connection of this.peers.all()) connection.requestMore();
  }

  cancelRequests(piece: number, block: number): void {
    for (const key of this.#picker?.requesters(piece, block) ?? []) {
      this.peers.byId(key)?.requests.cancel(piece, block);
    }
  }

  piecePassed(piece: number, contributors: ReadonlySet<PeerState>): void {
    const { alerts } = this.#environment;
    alerts.post('pieceFinished', { infoHash: this.infoHash, piece });
    for (const file of this.#content?.files.pieceGained(piece) ?? []) {
      const path = this.layout?.files[file]?.path.join('/') ?? '';
      alerts.post('fileCompleted', { infoHash: this.infoHash, file, path });
    }
    this.plugins.hooks.notify('onPiecePass', piece);
    for (const peer of this.peers.all()) {
      if (contributors.has(peer.state)) peer.hooks.notify('onPiecePass', piece);
      peer.announceHave(piece);
      peer.pieces.gained(piece);
    }
    this.#updateState();
  }

  pieceFailed(piece: number, contributors: ReadonlySet<PeerState>): void {
    this.hashFailures++;
    this.wastedBytes += this.layout?.pieceSize(piece) ?? 0;
    this.#environment.alerts.post('hashFailed', { infoHash: this.infoHash, piece });
    for (const peer of contributors) peer.hashFailures++;
    this.plugins.hooks.notify('onPieceFailed', piece);
    for (const peer of this.peers.all()) {
      if (contributors.has(peer.state)) peer.hooks.notify('onPieceFailed', piece);
    }
  }

  pieceReopened(): void {
    for (const peer of this.peers.all()) peer.requestMore();
  }

  storageFailed(error: StorageError): void {
    if (!this.#isClosed) this.life.fail(error);
  }

  countRedundant(bytes: number): void {
    this.redundantBytes += bytes;
  }

  // --- peers ---

  dial(peer: PeerState): Connection {
    return this.#environment.dial(peer.endpoint);
  }

  admit(peer: PeerState): DisconnectReason | undefined {
    return this.peers.admit(peer);
  }

  dialSettled(peer: PeerState): void {
    if (peer.isOutgoing) this.#environment.dialSettled(peer.connectionId);
  }

  listenEndpointKnown(peer: PeerState): void {
    this.peers.listenEndpointKnown(peer);
  }

  wantChanged(state: PeerState): void {
    const peer = this.peers.byId(state.connectionId);
    if (peer === undefined || peer.isClosed || !state.isReady || !this.#isChecked) return;
    if (state.interestingCount > 0 !== state.weAreInterested) {
      if (state.weAreInterested) peer.sender.notInterested();
      else peer.sender.interested();
    }
    if (state.weAreInterested) peer.requestMore();
    else this.#dropUseless(peer);
  }

  interestChanged(): void {
    this.#chokes.interestChanged(this.peers.all(), this.isUploadOnly, this.#environment.clock.now());
  }

  canServe(piece: number): boolean {
    return this.#content !== undefined && this.#picker?.has(piece) === true;
  }

  readForUpload(
    piece: number,
    begin: number,
    length: number,
    done: (
      error: StorageError | undefined,
      chunks: readonly Uint8Array[],
      release: () => void,
    ) => void,
  ): void {
    const content = this.#content as TorrentContent;
    const pieceSize = content.info.layout.pieceSize(piece);
    this.#environment.readCache.read(content.storage, piece, begin, length, pieceSize, (error, ...rest) => {
      done(error, ...rest);
      if (error && !passingErrors.has(error.code)) this.storageFailed(error);
    });
  }

  peerClosed(state: PeerState, reason: DisconnectReason, wasReady: boolean): void {
    for (const piece of this.#picker?.removePeer(state.connectionId) ?? []) {
      this.#content?.downloads.abort(piece);
    }
    const { infoHash } = this;
    const { endpoint } = state;
    this.#environment.alerts.post('peerDisconnected', { infoHash, endpoint, reason });
    this.peers.closed(state, wasReady);
    if (this.#isClosed) return;
    if (!state.isChoked) this.interestChanged();
    for (const peer of this.peers.all()) peer.requestMore();
  }

  // --- plugins ---

  nextPluginSequence(): number {
    return this.#environment.nextPluginSequence();
  }

  usageOf(plugin: string): ScopeUsage {
    return this.#environment.usageOf(plugin);
  }

  makeContext(scope: PluginScope): TorrentContext {
    const session = this.#environment.sessionContextFor(scope);
    return new TorrentContextFacade(this, scope, session, this.#environment.clock);
  }

  makePeerContext(peer: PeerConnection, scope: PluginScope, torrentScope: PluginScope): PeerContext {
    return new PeerContextFacade(peer, scope, {
      torrent: this.plugins.contextOf(torrentScope),
      clock: this.#environment.clock,
      penalize: (connection, reason, options) =>
        this.#penalize(connection, reason, options, scope.name),
    });
  }

  #penalize(
    { state }: PeerConnection,
    reason: string,
    { ban, backoffMs }: DisconnectOptions,
    plugin: string,
  ): void {
    if (backoffMs !== undefined) {
      this.peers.backOff(state, this.#environment.clock.now() + backoffMs);
    }
    if (ban !== true) return;
    const { principal, endpoint } = state;
    const target = principal === undefined ? { endpoint } : { principal };
    this.#environment.ban(target, { reason }, plugin);
  }

  pluginAttached(entry: HookEntry<TorrentPlugin>): void {
    for (const peer of this.peers.all()) peer.attachLate(entry);
    if (this.#isChecked && !entry.scope.isClosed) {
      entry.scope.run('onFilesChecked', () => entry.plugin.onFilesChecked?.());
    }
  }

  pluginLeft(scope: PluginScope): void {
    for (const block of this.blocks.takeAll(scope.name)) this.abandon(block);
  }

  requiredMissing(plugin: string): void {
    this.life.requiredMissing(plugin);
  }

  requiredBack(plugin: string): void {
    this.life.requiredBack(plugin);
  }

  pluginFault(scope: PluginScope, hook: string, error: unknown): void {
    const action = scope.isRequired ? 'torrentStopped' : 'pluginDetached';
    this.#reportFault(scope, hook, error, action);
    this.plugins.detach(scope);
  }

  /** A required plugin has failed on one connection, which is closed; after three a minute all is. */
  requiredPeerFault(scope: PluginScope): void {
    if (this.#requiredFaults.isTooMany()) this.requiredMissing(scope.name);
  }

  #reportFault(scope: PluginScope, hook: string, error: unknown, action: PluginFaultAction): void {
    const { infoHash } = this;
    const plugin = scope.name;
    const { alerts } = this.#environment;
    alerts.post('pluginFault', {
      plugin,
      scope: scope.level,
      hook,
      error,
      infoHash,
      endpoint: undefined,
      action,
    });
  }

  pluginWarning({ name }: PluginScope, message: string): void {
    this.#environment.alerts.post('pluginWarning', { plugin: name, message });
  }

  // --- time and the end ---

  /** About once a second. */
  tick(nowMs: number, elapsedMs: number): void {
    this.meters.tick(elapsedMs);
    this.plugins.hooks.notify('tick');
    for (const block of this.blocks.takeExpired(nowMs)) this.abandon(block);
    for (const peer of this.peers.all()) peer.tick(nowMs, elapsedMs);
    if (this.#isClosed || !this.life.isRunning) return;
    this.#chokes.tick(this.peers.all(), this.isUploadOnly, nowMs);
    this.peers.connectMore();
  }

  /** Ends everything. Resolves when the storage is closed. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const peer of this.peers.all()) {
      peer.close({ origin: 'policy', code: 'TORRENT_REMOVED', message: 'the torrent was removed' });
    }
    this.plugins.close();
    const content = this.#content;
    if (content) {
      this.#environment.readCache.drop(content.storage);
      await content.close();
    }
    await this.#opening;
    if (content === undefined) await this.#content?.close();
  }
}

/** Failures to read that say nothing about the medium. */
const passingErrors: ReadonlySet<string> = new Set(['STORAGE_DROPPED', 'STORAGE_BUSY', 'STORAGE_CLOSED']);

