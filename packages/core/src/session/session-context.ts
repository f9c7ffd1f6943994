import type { Endpoint } from '../common/endpoint.js';
import { ContextClosedError, PluginError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import { OwnedClock } from '../dispatch/owned-clock.js';
import { OwnedNetwork } from '../dispatch/owned-network.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import type { ExtensionHandle, RemoveExtensionOptions } from '../plugin/extension-handle.js';
import type { PluginKey } from '../plugin/plugin-key.js';
import type {
  Ban,
  BanOptions,
  BanTarget,
  Counter,
  Disposer,
  SessionContext,
  SessionStats,
  Transport,
  TransportHandle,
} from '../plugin/session-context.js';
import type { SessionPlugin } from '../plugin/session-plugin.js';
import type { TorrentContext } from '../plugin/torrent-context.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { Clock } from '../ports/clock.js';
import type { Network } from '../ports/network.js';
import type { Random, SecureRandom } from '../ports/random.js';
import type { Settings } from '../settings/settings-table.js';
import type { SessionEngine } from './session-engine.js';
import { sessionStats } from './session-stats.js';

/** Alerts that one plugin may post in one turn of the event loop. */
const maxAlertsPerTurn = 1000;

/** One plugin's facade of the session. */
export class SessionContextFacade implements SessionContext {
  readonly #engine: SessionEngine;
  readonly #scope: PluginScope;
  readonly clock: Clock;
  readonly network: Network;
  #alertsThisTurn = 0;

  constructor(engine: SessionEngine, scope: PluginScope) {
    this.#engine = engine;
    this.#scope = scope;
    this.clock = new OwnedClock(engine.clock, scope);
    this.network = new OwnedNetwork(engine.network, scope);
  }

  get isClosed(): boolean {
    return this.#scope.isClosed;
  }

  get settings(): Settings {
    return this.#engine.currentSettings;
  }

  get peerId(): Uint8Array {
    return this.#engine.peerId.slice();
  }

  get listenEndpoints(): readonly Endpoint[] {
    return this.#engine.listenEndpoints;
  }

  get random(): Random {
    return this.#engine.random;
  }

  get secureRandom(): SecureRandom {
    return this.#engine.secureRandom;
  }

  torrents(): readonly TorrentContext[] {
    if (this.isClosed) return [];
    return this.#engine.torrents.map((torrent) => torrent.plugins.contextFor(this.#scope));
  }

  torrent(infoHash: InfoHash): TorrentContext | undefined {
    if (this.isClosed) return undefined;
    return this.#engine.findTorrent(infoHash)?.plugins.contextFor(this.#scope);
  }

  addTorrent(params: AddTorrentParams): TorrentContext {
    this.#checkOpen('addTorrent');
    return this.#engine.addTorrent(params).plugins.contextFor(this.#scope);
  }

  async removeTorrent(infoHash: InfoHash): Promise<void> {
    this.#checkOpen('removeTorrent');
    await this.#engine.removeTorrent(infoHash);
  }

  addExtension(extension: SessionPlugin | TorrentPluginFactory): ExtensionHandle {
    this.#checkOpen('addExtension');
    return this.#engine.addExtension(extension);
  }

  async removeExtension(name: string, options?: RemoveExtensionOptions): Promise<void> {
    this.#checkOpen('removeExtension');
    await this.#engine.removeExtension(name, options);
  }

  ban(target: BanTarget, options: BanOptions): void {
    this.#checkOpen('ban');
    this.#engine.ban(target, options, this.#scope.name);
  }

  unban(target: BanTarget): boolean {
    this.#checkOpen('unban');
    return this.#engine.bans.remove(target);
  }

  bans(): readonly Ban[] {
    return this.#engine.bans.list();
  }

  postAlert(
    event: string,
    data: Readonly<Record<string, unknown>> = {},
    about: { readonly infoHash?: InfoHash; readonly endpoint?: Endpoint } = {},
  ): boolean {
    this.#checkOpen('postAlert');
    if (this.#alertsThisTurn >= maxAlertsPerTurn) {
      this.counter('droppedAlerts').add();
      return false;
    }
    if (this.#alertsThisTurn++ === 0) {
      this.#engine.clock.setImmediate(() => {
        this.#alertsThisTurn = 0;
      });
    }
    const plugin = this.#scope.name;
    const { infoHash, endpoint } = about;
    this.#engine.alerts.post('plugin', { plugin, event, infoHash, endpoint, data });
    return true;
  }

  registerTransport(transport: Transport): TransportHandle {
    this.#checkOpen('registerTransport');
    return this.#engine.transports.register(this.#scope, transport);
  }

  counter(name: string): Counter {
    this.#checkOpen('counter');
    return this.#engine.metrics.counter(this.#scope, name);
  }

  gauge(name: string, read: () => number): Disposer {
    this.#checkOpen('gauge');
    return this.#engine.metrics.gauge(this.#scope, name, read);
  }

  stats(): SessionStats {
    return sessionStats(this.#engine);
  }

  freeDiskBuffer(buffer: Uint8Array): void {
    if (this.#engine.diskBuffers.giveBack(this.#scope.name, buffer)) return;
    throw new PluginError('PLUGIN_BUFFER_UNKNOWN', 'not a block buffer that this extension holds');
  }

  plugin<T>(key: PluginKey<T>): T | undefined {
    return this.#engine.plugins.hooks.find(key.name)?.plugin as T | undefined;
  }

  #checkOpen(what: string): void {
    if (this.isClosed) throw new ContextClosedError(`session.${what}`);
  }
}
