import type { TorrentBandwidth } from '../bandwidth/torrent-bandwidth.js';
import type { ReadonlyBitfield } from '../common/bitfield.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { PeerloomError, StorageError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { PeerSource } from '../common/peer-source.js';
import type { HookEntry } from '../dispatch/hook-host.js';
import type { PluginScope, ScopeUsage } from '../dispatch/plugin-scope.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import type { PeerConnection } from '../peer/peer-connection.js';
import { PeerContextFacade } from '../peer/peer-context.js';
import type { PeerState } from '../peer/peer-state.js';
import { TransferMeters } from '../peer/rate-meter.js';
import type { PiecePicker } from '../picker/piece-picker.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import type { PeerContext } from '../plugin/peer-context.js';
import type { TorrentContext } from '../plugin/torrent-context.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';
import type { Connection } from '../ports/network.js';
import { ChokeRounds } from './choke-rounds.js';
import { FileMoves } from './file-moves.js';
import { MutualInterest } from './mutual-interest.js';
import type { TorrentContent } from './torrent-content.js';
import { TorrentData, type TorrentDataOwner } from './torrent-data.js';
import type { TorrentEnvironment } from './torrent-environment.js';
import { TorrentFaults } from './torrent-faults.js';
import { type LifecycleOwner, TorrentLifecycle } from './torrent-lifecycle.js';
import { TorrentPeers, type TorrentPeersOwner } from './torrent-peers.js';
import { TorrentPieces, type TorrentPiecesOwner } from './torrent-pieces.js';
import { TorrentPlugins, type TorrentPluginsOwner } from './torrent-plugins.js';
import { type BlockRead, readForUpload } from './upload-read.js';

/** Makes the facade that an extension has of a torrent. */
export type MakeTorrentContext = (torrent: Torrent, scope: PluginScope) => TorrentContext;

/** One torrent of a session: its peers, plugins and content, and what happens between them. */
export class Torrent
  implements TorrentPeersOwner, TorrentPluginsOwner, TorrentPiecesOwner, TorrentDataOwner, LifecycleOwner
{
  readonly infoHash: InfoHash;
  readonly userData: unknown;
  readonly trackers: readonly (readonly string[])[];
  readonly keptBudget = { bytes: 0 };
  readonly meters: TransferMeters;
  readonly bandwidth: TorrentBandwidth;
  readonly plugins: TorrentPlugins;
  readonly peers: TorrentPeers;
  readonly life: TorrentLifecycle;
  readonly pieces: TorrentPieces;
  readonly data: TorrentData;
  readonly fileMoves: FileMoves;
  readonly deniedSources = new Map<PeerSource, number>();
  readonly #environment: TorrentEnvironment;
  readonly #makeContext: MakeTorrentContext;
  readonly #params: AddTorrentParams;
  readonly #chokes: ChokeRounds;
  readonly #interest = new MutualInterest(this);
  readonly #faults: TorrentFaults;
  readonly #displayName: string;
  #isClosed = false;

  constructor(
    environment: TorrentEnvironment,
    params: AddTorrentParams,
    totals: TransferMeters,
    makeContext: MakeTorrentContext,
  ) {
    const { torrent } = params;
    this.#makeContext = makeContext;
    this.#environment = environment;
    this.#params = params;
    this.meters = new TransferMeters(totals);
    this.bandwidth = environment.bandwidth.torrent();
    this.userData = params.userData;
    this.infoHash = 'info' in torrent ? torrent.info.infoHash : torrent.infoHash;
    this.trackers = 'info' in torrent ? torrent.trackers : torrent.trackers.map((tracker) => [tracker]);
    this.#displayName = 'info' in torrent ? torrent.info.name : (torrent.displayName ?? this.infoHash.hex);
    this.plugins = new TorrentPlugins(this);
    const { hooks } = this.plugins;
    this.peers = new TorrentPeers(environment, this, hooks);
    this.pieces = new TorrentPieces(environment, this, hooks);
    this.data = new TorrentData(environment, params, this);
    this.fileMoves = new FileMoves(this.infoHash, environment.alerts, this.data);
    this.life = new TorrentLifecycle(this, environment, hooks, params);
    this.#chokes = new ChokeRounds(environment.settings, environment.random);
    this.#faults = new TorrentFaults(
      this.infoHash,
      environment.alerts,
      environment.clock,
      () => this.plugins,
    );
  }

  /** Begins: after plugins were added and the torrent was announced. */
  start(): void {
    if (this.#isClosed) return;
    this.life.announceQueued();
    this.data.start();
    const { torrent, peers = [] } = this.#params;
    for (const endpoint of peers) this.peers.add(endpoint, 'manual');
    if ('peers' in torrent) void this.peers.addMagnetPeers(torrent.peers);
    this.peers.connectMore();
  }

  get name(): string {
    return this.data.info?.name ?? this.#displayName;
  }

  get info(): TorrentInfo | undefined {
    return this.data.info;
  }

  get layout(): TorrentLayout | undefined {
    return this.data.info?.layout;
  }

  get picker(): PiecePicker | undefined {
    return this.data.picker;
  }

  get content(): TorrentContent | undefined {
    return this.data.content;
  }

  get isPrivate(): boolean | undefined {
    return this.data.info?.isPrivate;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isRunning(): boolean {
    return !this.#isClosed && this.life.isRunning;
  }

  get mayConnect(): boolean {
    const isBusy = this.data.info !== undefined && !this.data.isChecked;
    return this.isRunning && !isBusy;
  }

  get isDownloading(): boolean {
    return this.data.isChecked && this.life.isRunning && this.data.content !== undefined;
  }

  get isUploadOnly(): boolean {
    return this.data.isChecked && this.data.picker?.missingWanted === 0;
  }

  get announcedPieces(): ReadonlyBitfield | undefined {
    return this.data.isChecked ? this.data.picker?.have : undefined;
  }

  allowsSource(source: PeerSource): boolean {
    return (this.deniedSources.get(source) ?? 0) === 0;
  }

  infoKnown(info: TorrentInfo, isNew: boolean): void {
    if (info.isPrivate) this.peers.dropPublic();
    if (isNew) this.plugins.hooks.notify('onMetadata', info);
    if (this.#isClosed) return;
    this.life.setState('checkingFiles');
    for (const peer of this.peers.all()) peer.metadataKnown();
  }

  dataChecked(picker: PiecePicker): void {
    const { alerts } = this.#environment;
    const { infoHash } = this;
    const { count, length } = picker.have;
    alerts.post('torrentChecked', { infoHash, piecesHave: count, pieceCount: length });
    this.plugins.hooks.notify('onFilesChecked');
    if (this.#isClosed) return;
    this.updateState();
    for (const peer of this.peers.all()) {
      peer.opening.sendState();
      peer.pieces.recountInterest();
    }
    this.peers.connectMore();
  }

  dataFailed(error: PeerloomError): void {
    this.life.fail(error);
  }

  /** Follows what is had and wanted. */
  updateState(): void {
    const picker = this.data.picker;
    if (this.#isClosed || !picker || !this.data.isChecked || this.life.state === 'error') return;
    const wasDone = this.life.state === 'finished' || this.life.state === 'seeding';
    if (picker.missingWanted > 0 || this.data.isPlacing) {
      this.life.setState('downloading');
      if (wasDone) this.#interest.doneChanged();
      return;
    }
    this.life.setState(picker.have.isFull ? 'seeding' : 'finished');
    if (wasDone) return;
    void this.data.content?.resume.save();
    this.#environment.alerts.post('torrentFinished', { infoHash: this.infoHash });
    this.#interest.doneChanged();
  }

  /** Checks the data again. Resolves when done. */
  recheck(): Promise<void> {
    if (this.#isClosed || this.data.info === undefined) return Promise.resolve();
    const done = this.data.recheck();
    this.stopped('TORRENT_CHECKING', 'the data is being checked', true);
    this.life.setState('checkingFiles');
    return done;
  }

  stopped(code: string, message: string, mayStay: boolean): void {
    if (!mayStay) this.disconnectAll(code, message);
    else for (const peer of this.peers.all()) peer.disconnect({ origin: 'policy', code, message });
    if (!this.#isClosed && this.life.state !== 'error') void this.data.content?.resume.save();
  }

  started(afterError: PeerloomError | undefined): void {
    if (afterError) this.data.recover(afterError);
    if (afterError && this.data.info) this.life.setState('checkingFiles');
    this.peers.connectMore();
    for (const peer of this.peers.all()) peer.requestMore();
  }

  /** Priorities of pieces have changed, those of a file perhaps. */
  wantsChanged(file?: number): void {
    if (file !== undefined) this.data.fileWantChanged(file);
    this.updateState();
    for (const peer of this.peers.all()) peer.pieces.recountInterest();
  }

  openableBlocks(): number {
    return this.#environment.openableBlocks();
  }

  blockReceived(peer: PeerState, piece: number, block: number, slot: number): void {
    this.pieces.received(peer, piece, block, slot);
  }

  blockWithPlugin(peer: PeerState, plugin: string, piece: number, block: number): void {
    this.pieces.leaveToPlugin(peer, plugin, piece, block);
  }

  countRedundant(bytes: number): void {
    this.pieces.countRedundant(bytes);
  }

  storageFailed(error: StorageError): void {
    if (!this.#isClosed) this.life.fail(error);
  }

  dial(peer: PeerState): Connection {
    return this.#environment.dial(peer.endpoint);
  }

  admit(peer: PeerState): DisconnectReason | undefined {
    return this.peers.admit(peer);
  }

  dialSettled(peer: PeerState): void {
    if (!peer.isOutgoing) return;
    if (!peer.isClosed) this.#environment.counters.dialsOpened++;
    this.#environment.dialSettled(peer.connectionId);
  }

  listenEndpointKnown(peer: PeerState): void {
    this.peers.listenEndpointKnown(peer);
  }

  wantChanged(peer: PeerState): void {
    this.#interest.wantChanged(peer);
  }

  uploadOnlyChanged(peer: PeerState): void {
    this.#interest.uploadOnlyChanged(peer);
  }

  interestChanged(): void {
    this.#chokes.interestChanged(this.peers.all(), this.isUploadOnly, this.#environment.clock.now());
  }

  hasPiece(piece: number): boolean {
    return this.data.content !== undefined && this.data.picker?.has(piece) === true;
  }

  get isServing(): boolean {
    return this.life.isRunning;
  }

  readForUpload(piece: number, begin: number, length: number, done: BlockRead): void {
    const content = this.data.content as TorrentContent;
    readForUpload(this.#environment.readCache, content, { piece, begin, length }, done, (error) =>
      this.storageFailed(error),
    );
  }

  peerClosed(state: PeerState, reason: DisconnectReason, wasReady: boolean): void {
    for (const piece of this.data.picker?.removePeer(state.connectionId) ?? []) {
      this.data.content?.downloads.abort(piece);
    }
    const { infoHash } = this;
    this.#environment.counters.disconnected(reason.code);
    this.#environment.alerts.post('peerDisconnected', { infoHash, endpoint: state.endpoint, reason });
    this.peers.closed(state, wasReady);
    if (this.#isClosed) return;
    if (!state.isChoked) this.interestChanged();
    for (const peer of this.peers.all()) peer.requestMore();
  }

  nextPluginSequence(): number {
    return this.#environment.nextPluginSequence();
  }

  usageOf(plugin: string): ScopeUsage {
    return this.#environment.usageOf(plugin);
  }

  makeContext(scope: PluginScope): TorrentContext {
    return this.#makeContext(this, scope);
  }

  makePeerContext(peer: PeerConnection, scope: PluginScope, torrentScope: PluginScope): PeerContext {
    return new PeerContextFacade(peer, scope, {
      torrent: this.plugins.contextOf(torrentScope),
      clock: this.#environment.clock,
      penalize: (connection, reason, options) =>
        this.peers.penalize(connection.state, reason, options, scope.name),
    });
  }

  pluginAttached(entry: HookEntry<TorrentPlugin>): void {
    for (const peer of this.peers.all()) peer.attachLate(entry);
    if (this.data.isChecked && !entry.scope.isClosed) {
      entry.scope.run('onFilesChecked', () => entry.plugin.onFilesChecked?.());
    }
  }

  pluginLeft(scope: PluginScope): void {
    this.pieces.pluginLeft(scope.name);
  }

  requiredMissing(plugin: string): void {
    this.life.requiredMissing(plugin);
  }

  requiredBack(plugin: string): void {
    this.life.requiredBack(plugin);
  }

  isSessionExtension(name: string): boolean {
    return this.#environment.isSessionExtension(name);
  }

  pluginFault(scope: PluginScope, hook: string, error: unknown): void {
    this.#faults.pluginFault(scope, hook, error);
  }

  requiredPeerFault(scope: PluginScope): void {
    this.#faults.requiredPeerFault(scope);
  }

  pluginWarning(scope: PluginScope, message: string): void {
    this.#faults.pluginWarning(scope, message);
  }

  /** Settings have changed. */
  settingsChanged(): void {
    this.peers.known.trim();
    this.#chokes.settingsChanged();
    this.peers.connectMore();
  }

  /** About once a second. */
  tick(nowMs: number, elapsedMs: number): void {
    this.meters.tick(elapsedMs);
    this.plugins.hooks.notify('tick');
    this.pieces.tick(nowMs);
    this.data.wants?.tick();
    this.data.content?.resume.tick();
    for (const peer of this.peers.all()) peer.tick(nowMs, elapsedMs);
    if (this.#isClosed || !this.life.isRunning) return;
    this.#chokes.tick(this.peers.all(), this.isUploadOnly, nowMs);
    this.peers.connectMore();
  }

  /** Closes every connection, whatever plugins say. */
  disconnectAll(code: string, message: string): void {
    for (const peer of this.peers.all()) peer.close({ origin: 'policy', code, message });
  }

  /** Ends everything. Resolves when the storage is closed. */
  async close({ forgetsState = false }: { readonly forgetsState?: boolean } = {}): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.disconnectAll('TORRENT_REMOVED', 'the torrent was removed');
    this.plugins.close();
    await this.data.close(forgetsState);
  }
}
