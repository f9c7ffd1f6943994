import { AlertHub } from '../alerts/alert-hub.js';
import { SessionBandwidth } from '../bandwidth/session-bandwidth.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Endpoint } from '../common/endpoint.js';
import { SessionError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import { ReadCache } from '../disk/read-cache.js';
import { SharedSlotPool } from '../disk/slot-pool.js';
import { DiskBufferLedger } from '../dispatch/disk-buffers.js';
import { MessageIds } from '../dispatch/message-ids.js';
import type { PluginScope, ScopeUsage } from '../dispatch/plugin-scope.js';
import { TransferMeters } from '../peer/rate-meter.js';
import { SendBufferPool } from '../peer/send-buffer-pool.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import type { ExtensionHandle, RemoveExtensionOptions } from '../plugin/extension-handle.js';
import type { BanOptions, BanTarget, SessionContext } from '../plugin/session-context.js';
import type { SessionPlugin } from '../plugin/session-plugin.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import type { Connection, Network } from '../ports/network.js';
import type { Random, SecureRandom } from '../ports/random.js';
import type { Storage } from '../ports/storage.js';
import { SettingsInForce } from '../settings/settings-in-force.js';
import type { LiveSettings, Settings } from '../settings/settings-table.js';
import { SessionCounters } from '../torrent/session-counters.js';
import type { Torrent } from '../torrent/torrent.js';
import type { Dialler, TorrentEnvironment } from '../torrent/torrent-environment.js';
import type { HandshakeParser } from '../wire/handshake.js';
import { dontHaveName } from '../wire/messages.js';
import { AlertReaders } from './alert-readers.js';
import { CheckTurns } from './check-turns.js';
import { DialTurns } from './dial-turns.js';
import { FlushScheduler } from './flush-scheduler.js';
import { IncomingConnections, type IncomingOwner } from './incoming-connections.js';
import { Listeners } from './listeners.js';
import { Metrics } from './metrics.js';
import { addOfferedTorrent } from './offered-torrents.js';
import { makePeerId } from './peer-id.js';
import { PeerTurnover } from './peer-turnover.js';
import { SessionBans } from './session-bans.js';
import { SessionExtensions } from './session-extensions.js';
import { SessionIpFilter } from './session-ip-filter.js';
import type { SessionOptions } from './session-options.js';
import { SessionPlugins, type SessionPluginsOwner } from './session-plugins.js';
import { sessionPorts, warnOfInsecurity } from './session-ports.js';
import { decodeSessionState, encodeSessionState, type SessionState } from './session-state.js';
import { settleStop } from './settle-stop.js';
import { SlotBudget } from './slot-budget.js';
import { TorrentQueue } from './torrent-queue.js';
import { type RemoveTorrentOptions, Torrents } from './torrents.js';
import { Transports } from './transports.js';
import { UsageLedger } from './usage-ledger.js';

const tickMs = 1000;

/** Makes the facade that an extension has of a session. */
export type MakeSessionContext = (engine: SessionEngine, scope: PluginScope) => SessionContext;

/** The inside of a session: what its torrents, plugins and the application's facade share. */
export class SessionEngine implements TorrentEnvironment, SessionPluginsOwner, IncomingOwner {
  readonly #inForce: SettingsInForce;
  readonly clock: Clock;
  readonly random: Random;
  readonly secureRandom: SecureRandom;
  readonly network: Network;
  readonly storage: Storage;
  readonly alerts = new AlertHub();
  readonly alertReaders = new AlertReaders(this.alerts);
  readonly slots: SharedSlotPool;
  readonly readCache: ReadCache;
  readonly bandwidth: SessionBandwidth;
  readonly messageIds = new MessageIds(dontHaveName);
  readonly diskBuffers = new DiskBufferLedger();
  readonly sendBuffers = new SendBufferPool();
  readonly meters = new TransferMeters();
  readonly metrics = new Metrics();
  readonly counters = new SessionCounters();
  readonly usage = new UsageLedger();
  readonly peerId: Uint8Array;
  readonly bans: SessionBans;
  readonly ipFilter: SessionIpFilter;
  readonly extensions: SessionExtensions;
  readonly plugins: SessionPlugins;
  readonly incoming: IncomingConnections;
  readonly transports: Transports;
  readonly queue: TorrentQueue;
  readonly checks: CheckTurns;
  readonly #makeContext: MakeSessionContext;
  readonly #dials: DialTurns;
  readonly #turnover: PeerTurnover;
  readonly #slotBudget: SlotBudget;
  readonly #flushes: FlushScheduler;
  readonly #torrents: Torrents;
  readonly #listeners: Listeners;
  readonly #peerIds = new Set<number>();
  readonly #ticker: TimerHandle;
  #connectionCount = 0;
  #pluginCount = 0;
  #lastTickMs: number;
  #stopping: Promise<void> | undefined;

  constructor(options: SessionOptions, makeContext: MakeSessionContext) {
    this.#makeContext = makeContext;
    const saved: SessionState | undefined = options.state && decodeSessionState(options.state);
    this.#inForce = new SettingsInForce(options.settings ?? {});
    const { clock, random, secureRandom, network } = sessionPorts(options);
    this.clock = clock;
    this.random = random;
    this.secureRandom = secureRandom;
    this.network = network;
    this.storage = options.storage;
    this.slots = new SharedSlotPool(this.settings.diskPoolBytes);
    this.#slotBudget = new SlotBudget(this.slots);
    this.readCache = new ReadCache(this.slots, {
      maxSlots: this.#slotBudget.readSlots,
      readAheadBytes: this.#slotBudget.readAheadBytes(this.settings.readAheadBytes),
    });
    this.bandwidth = new SessionBandwidth(this.clock, this.settings);
    this.peerId = makePeerId(this.settings.peerIdPrefix, this.secureRandom);
    this.#flushes = new FlushScheduler(this.clock);
    this.#dials = new DialTurns(this.clock, this.settings, () => this.hasRoomForPeer());
    this.#listeners = new Listeners(this.network, this.alerts, (connection) =>
      this.incoming.accept(connection),
    );
    this.bans = new SessionBans(this.clock, this.alerts, () => this.torrents);
    if (saved) this.bans.load(saved.bans);
    this.ipFilter = new SessionIpFilter(this.alerts, () => this.torrents);
    this.transports = new Transports(this.network, this.settings, this.alerts, (connection) =>
      this.incoming.accept(connection),
    );
    this.incoming = new IncomingConnections({
      owner: this,
      alerts: this.alerts,
      counters: this.counters,
      settings: this.settings,
      clock: this.clock,
      random: this.random,
    });
    this.extensions = new SessionExtensions({
      alerts: this.alerts,
      clock: this.clock,
      plugins: () => this.plugins,
      torrents: () => this.torrents,
    });
    this.queue = new TorrentQueue(this.clock, this.settings);
    this.checks = new CheckTurns(this.settings, (infoHash) =>
      this.queue.rankOf(this.#torrents.named(infoHash)),
    );
    this.#torrents = new Torrents(this, this.meters, this.extensions, this.queue);
    this.plugins = new SessionPlugins(this, saved?.plugins ?? new Map());
    this.#lastTickMs = this.clock.now();
    this.#turnover = new PeerTurnover(this.settings, this.#lastTickMs);
    this.#ticker = this.clock.setInterval(() => this.#tick(), tickMs, { keepsProcessAlive: true });
    warnOfInsecurity(options, this.alerts);
    try {
      for (const extension of options.extensions ?? []) this.plugins.add(extension);
    } catch (error) {
      this.clock.clear(this.#ticker);
      throw error;
    }
  }

  get settings(): Settings {
    return this.#inForce.live;
  }

  get currentSettings(): Settings {
    return this.#inForce.current;
  }

  /** Changes settings, and has everything follow that keeps one or has to act on it. */
  applySettings(partial: Partial<LiveSettings>): void {
    this.#checkRunning();
    const names = this.#inForce.apply(partial);
    if (names.length === 0) return;
    this.bandwidth.apply(this.settings);
    this.readCache.setReadAhead(this.#slotBudget.readAheadBytes(this.settings.readAheadBytes));
    this.alerts.post('settingsChanged', { names });
    this.checks.startMore();
    this.queue.limitsChanged();
    this.incoming.dropSurplus();
    for (const torrent of this.torrents) torrent.settingsChanged();
    this.#turnover.dropSurplus(this.torrents.map(({ peers }) => peers));
    this.#dials.reorder();
  }

  get isStopped(): boolean {
    return this.#stopping !== undefined;
  }

  get torrents(): readonly Torrent[] {
    return this.#torrents.list();
  }

  get peerCount(): number {
    return this.#peerIds.size;
  }

  get listenEndpoints(): readonly Endpoint[] {
    return this.#listeners.endpoints;
  }

  findTorrent(infoHash: InfoHash): Torrent | undefined {
    return this.#torrents.find(infoHash);
  }

  addTorrent(params: AddTorrentParams): Torrent {
    this.#checkRunning();
    return this.#torrents.add(params);
  }

  removeTorrent(infoHash: InfoHash, options?: RemoveTorrentOptions): Promise<void> {
    return this.#torrents.remove(infoHash, options);
  }

  torrentLeft(infoHash: InfoHash): Promise<void> {
    return this.#torrents.left(infoHash);
  }

  async listen(local: Endpoint): Promise<Endpoint> {
    this.#checkRunning();
    return this.#listeners.listen(local);
  }

  listenPort(family: 4 | 6): number | undefined {
    return this.#listeners.portOf(family);
  }

  accept(
    infoHash: InfoHash,
    connection: Connection,
    handshake: HandshakeParser,
    rest: Uint8Array,
  ): number | DisconnectReason {
    const torrent = this.findTorrent(infoHash) ?? addOfferedTorrent(this, infoHash, connection.remote);
    if (torrent === undefined) {
      const message = `no torrent ${infoHash.hex}`;
      return { origin: 'policy', code: 'PEER_UNKNOWN_TORRENT', message };
    }
    return torrent.peers.accept(connection, handshake, rest) ?? this.#connectionCount;
  }

  closePending(connectionId: number, reason: DisconnectReason): void {
    for (const torrent of this.torrents) torrent.peers.byId(connectionId)?.close(reason);
  }

  resolve(host: string): Promise<readonly string[]> {
    return this.transports.resolve(host);
  }

  dial(remote: Endpoint): Connection {
    return this.transports.dial(remote);
  }

  requestDials(dialler: Dialler): void {
    this.#dials.request(dialler);
  }

  dialSettled(connectionId: number): void {
    this.#dials.settled(connectionId);
  }

  hasRoomForPeer(): boolean {
    return !this.isStopped && this.#peerIds.size < this.settings.maxConnections;
  }

  mayStart(): boolean {
    return this.queue.mayStart();
  }

  lifeChanged(infoHash: InfoHash): void {
    const torrent = this.findTorrent(infoHash);
    if (torrent) this.queue.changed(torrent);
  }

  nextConnectionId(): number {
    return ++this.#connectionCount;
  }

  peerOpened(connectionId: number, isIncoming: boolean): void {
    this.#peerIds.add(connectionId);
    if (isIncoming) {
      this.incoming.numbered(connectionId);
      return;
    }
    this.counters.dials++;
    this.#dials.started(connectionId);
  }

  peerAdmitted(connectionId: number): void {
    this.incoming.admitted(connectionId);
  }

  peerClosed(connectionId: number): void {
    this.#peerIds.delete(connectionId);
    this.incoming.closed(connectionId);
  }

  scheduleFlush(flush: () => void): void {
    this.#flushes.schedule(flush);
  }

  openableBlocks(): number {
    return this.#slotBudget.openableBlocks(this.torrents, this.readCache.stats.slotsHeld);
  }

  blocked(endpoint: Endpoint): DisconnectReason | undefined {
    return (
      this.#listeners.refusal(endpoint) ?? this.bans.refusal({ endpoint }) ?? this.ipFilter.refusal(endpoint)
    );
  }

  blockedPrincipal(principal: string): DisconnectReason | undefined {
    return this.bans.refusal({ principal });
  }

  ban(target: BanTarget, options: BanOptions, plugin: string | undefined): void {
    this.bans.add(target, options, plugin);
  }

  nextPluginSequence(): number {
    return ++this.#pluginCount;
  }

  usageOf(plugin: string): ScopeUsage {
    return this.usage.of(plugin);
  }

  makeContext(scope: PluginScope): SessionContext {
    return this.#makeContext(this, scope);
  }

  sessionContextFor(torrentScope: PluginScope): SessionContext {
    return this.plugins.contextFor(torrentScope) ?? this.#makeContext(this, torrentScope);
  }

  addExtension(extension: SessionPlugin | TorrentPluginFactory): ExtensionHandle {
    this.#checkRunning();
    return this.extensions.add(extension);
  }

  removeExtension(name: string, options?: RemoveExtensionOptions): Promise<void> {
    return this.extensions.removeNamed(name, options);
  }

  isSessionExtension(name: string): boolean {
    return this.plugins.hooks.find(name) !== undefined;
  }

  saveState(): Uint8Array {
    return encodeSessionState(this.bans.save(), this.plugins.saveState());
  }

  #tick(): void {
    const nowMs = this.clock.now();
    const elapsedMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    this.meters.tick(elapsedMs);
    this.plugins.hooks.notify('onTick');
    for (const torrent of this.torrents) torrent.tick(nowMs, elapsedMs);
    this.#turnover.tick(
      this.torrents.map(({ peers }) => peers),
      nowMs,
    );
    this.#dials.resume();
    this.queue.tick(nowMs);
    this.incoming.tick();
    this.#slotBudget.relieve(this.torrents);
    this.bans.tick();
  }

  /** Stops everything, once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const listenersClosed = this.#listeners.close();
    this.incoming.close();
    const torrents = this.torrents;
    this.queue.close();
    // Before extensions leave: no connection goes on without one that protects it.
    for (const torrent of torrents) torrent.disconnectAll('SESSION_STOPPED', 'the session has stopped');
    await this.plugins.removeAll();
    this.#torrents.clear();
    const closed = Promise.all([...torrents.map((torrent) => torrent.close()), listenersClosed]);
    await settleStop(this, closed);
    this.clock.clear(this.#ticker);
    for (const { infoHash } of torrents) this.alerts.post('torrentRemoved', { infoHash });
    this.alerts.post('sessionStopped', {});
    this.alerts.flush();
    this.alertReaders.close();
  }

  #checkRunning(): void {
    if (this.isStopped) throw new SessionError('SESSION_STOPPED', 'the session has stopped');
  }
}
