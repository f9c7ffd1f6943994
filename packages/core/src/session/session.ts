import type { AlertOf, AlertType } from '../alerts/alert.js';
import { AlertQueue } from '../alerts/alert-queue.js';
import { alertCategories, alertCategoryOf, defaultAlertMask } from '../alerts/categories.js';
import { type Endpoint, parseEndpoint } from '../common/endpoint.js';
import type { InfoHash } from '../common/info-hash.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import type { ExtensionHandle, RemoveExtensionOptions } from '../plugin/extension-handle.js';
import type { PluginKey } from '../plugin/plugin-key.js';
import type { Ban, BanOptions, BanTarget, SessionStats } from '../plugin/session-context.js';
import type { SessionPlugin } from '../plugin/session-plugin.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { LiveSettings, Settings } from '../settings/settings-table.js';
import type { Torrent } from '../torrent/torrent.js';
import type { IpFilter } from './ip-filter.js';
import { SessionContextFacade } from './session-context.js';
import { SessionEngine } from './session-engine.js';
import type { SessionOptions } from './session-options.js';
import { sessionStats } from './session-stats.js';
import { TorrentHandle } from './torrent-handle.js';
import type { RemoveTorrentOptions } from './torrents.js';

/** Options of {@link Session.alerts}. */
export interface AlertsOptions {
  /** Bits of `alertCategories`. Default: all but block and log. */
  readonly mask?: number;
  /** Alerts kept for a slow reader; further ones are dropped and counted. Default: `alertQueueSize`. */
  readonly capacity?: number;
}

/**
 * A BitTorrent session: torrents, the connections between them and other peers, and the extensions that
 * change what happens there. Everything runs on one thread.
 */
export class Session {
  readonly #engine: SessionEngine;
  readonly #handles = new WeakMap<Torrent, TorrentHandle>();

  /**
   * Throws `SETTING_…` for settings that are wrong, `SESSION_STATE` for a damaged state, `PLUGIN_…` for
   * extensions that can't be added.
   */
  constructor(options: SessionOptions) {
    this.#engine = new SessionEngine(options, (engine, scope) => new SessionContextFacade(engine, scope));
  }

  /** The settings in force, each with a value. */
  get settings(): Settings {
    return this.#engine.currentSettings;
  }

  /**
   * Changes settings while the session runs: all that are given, or, where it throws, none. What follows is
   * done at once, as far as the setting does not say otherwise; connections past a limit are closed, those of
   * least use first. Throws `SETTING_UNKNOWN`, `SETTING_TYPE`, `SETTING_RANGE`, `SETTING_FIXED` for one that
   * needs a new session, `SESSION_STOPPED`.
   */
  applySettings(settings: Partial<LiveSettings>): void {
    this.#engine.applySettings(settings);
  }

  /** The 20 bytes that our handshakes carry. */
  get peerId(): Uint8Array {
    return this.#engine.peerId.slice();
  }

  /** Endpoints that are listened on, with their bound ports. */
  get listenEndpoints(): readonly Endpoint[] {
    return this.#engine.listenEndpoints;
  }

  /**
   * Listens for peers; `ADDRESS:PORT` or `[IPv6]:PORT`, port 0 for any. Resolves with what was bound;
   * rejects with `NETWORK_…`, `ENDPOINT_…` or `SESSION_STOPPED`.
   */
  async listen(local: Endpoint | string): Promise<Endpoint> {
    return this.#engine.listen(typeof local === 'string' ? parseEndpoint(local) : local);
  }

  /** Throws `SESSION_DUPLICATE_TORRENT`, `SESSION_STOPPED`, or what a required extension objects. */
  addTorrent(params: AddTorrentParams): TorrentHandle {
    return this.#handleOf(this.#engine.addTorrent(params));
  }

  /** All torrents of the session. */
  torrents(): readonly TorrentHandle[] {
    return this.#engine.torrents.map((torrent) => this.#handleOf(torrent));
  }

  /** The torrent of that infohash; `undefined` where there is none. */
  torrent(infoHash: InfoHash): TorrentHandle | undefined {
    const torrent = this.#engine.findTorrent(infoHash);
    return torrent && this.#handleOf(torrent);
  }

  /**
   * Closes a torrent's connections and data. The files stay, and what is known of them, unless that is to be
   * forgotten. Resolves when the data is closed.
   */
  async removeTorrent(infoHash: InfoHash, options?: RemoveTorrentOptions): Promise<void> {
    await this.#engine.removeTorrent(infoHash, options);
  }

  #handleOf(torrent: Torrent): TorrentHandle {
    let handle = this.#handles.get(torrent);
    if (handle === undefined) {
      handle = new TorrentHandle(this.#engine, torrent);
      this.#handles.set(torrent, handle);
    }
    return handle;
  }

  /**
   * Adds an extension to the session; torrents that exist are shown to it. Throws
   * {@link DuplicateExtensionError}, `PLUGIN_NAME`, `PLUGIN_API_VERSION`, `PLUGIN_ORDER`.
   */
  addExtension(extension: SessionPlugin | TorrentPluginFactory): ExtensionHandle {
    return this.#engine.addExtension(extension);
  }

  /** Takes out an extension by name. Rejects with `PLUGIN_UNKNOWN`. */
  async removeExtension(name: string, options?: RemoveExtensionOptions): Promise<void> {
    await this.#engine.removeExtension(name, options);
  }

  /** The session plugin of an extension. */
  plugin<T>(key: PluginKey<T>): T | undefined {
    return this.#engine.plugins.hooks.find(key.name)?.plugin as T | undefined;
  }

  /** Alerts from now on, for `for await`. Ends when the session has stopped. */
  alerts({ mask = defaultAlertMask, capacity }: AlertsOptions = {}): AlertQueue {
    const queue: AlertQueue = new AlertQueue(mask, capacity ?? (() => this.settings.alertQueueSize), () =>
      remove(),
    );
    const remove = this.#engine.alertReaders.add(queue);
    return queue;
  }

  /** Calls `listener` for each alert of a type. Returns what ends that. */
  on<T extends AlertType>(type: T, listener: (alert: AlertOf<T>) => void): () => void {
    return this.#engine.alerts.addSink({
      mask: alertCategories[alertCategoryOf[type]],
      deliver: (alert) => {
        if (alert.type === type) listener(alert as AlertOf<T>);
      },
    });
  }

  /** Keeps an address or principal out, and closes its connections. */
  ban(target: BanTarget, options: BanOptions): void {
    this.#engine.ban(target, options, undefined);
  }

  /** Lifts a ban. False where there is none. */
  unban(target: BanTarget): boolean {
    return this.#engine.bans.remove(target);
  }

  /** All bans in force, those of extensions included. */
  bans(): readonly Ban[] {
    return this.#engine.bans.list();
  }

  /** Addresses that are no peers, whatever the torrent; `undefined` where there is no filter. */
  get ipFilter(): IpFilter | undefined {
    return this.#engine.ipFilter.filter;
  }

  /**
   * Sets the IP filter, in place of one before. Connections to addresses that it blocks are closed, known
   * peers there are forgotten; from then on nobody is dialled, accepted or added there.
   */
  setIpFilter(filter: IpFilter | undefined): void {
    this.#engine.ipFilter.set(filter);
  }

  /** Counters of the session, now. */
  stats(): SessionStats {
    return sessionStats(this.#engine);
  }

  /** Bans and what extensions keep, to give to the next session as `state`. {@link SessionStateFile} keeps it. */
  saveState(): Uint8Array {
    return this.#engine.saveState();
  }

  /** Stops listening, lets extensions finish within their deadline, closes torrents. Resolves when done. */
  stop(): Promise<void> {
    return this.#engine.stop();
  }
}
