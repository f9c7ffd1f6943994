import type { AlertHub } from '../alerts/alert-hub.js';
import { PluginError } from '../common/errors.js';
import type { HookEntry } from '../dispatch/hook-host.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import { RequiredFaults } from '../dispatch/required-faults.js';
import type { ExtensionHandle, RemoveExtensionOptions } from '../plugin/extension-handle.js';
import type { SessionPlugin } from '../plugin/session-plugin.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { Clock } from '../ports/clock.js';
import type { Torrent } from '../torrent/torrent.js';
import type { SessionPlugins, SessionPluginsListener } from './session-plugins.js';

/** Hooks of a session plugin that are called because of one remote. */
const causedByPeer: ReadonlySet<string> = new Set(['onUnknownTorrent']);

/** What the extensions of a session mean for its torrents: attaching, leaving, failing, being required. */
export class SessionExtensions implements SessionPluginsListener {
  readonly #alerts: AlertHub;
  readonly #plugins: () => SessionPlugins;
  readonly #torrents: () => readonly Torrent[];
  readonly #missingRequired = new Set<string>();
  readonly #requiredFaults: RequiredFaults;

  constructor(options: {
    readonly alerts: AlertHub;
    readonly clock: Clock;
    readonly plugins: () => SessionPlugins;
    readonly torrents: () => readonly Torrent[];
  }) {
    this.#alerts = options.alerts;
    this.#plugins = options.plugins;
    this.#torrents = options.torrents;
    this.#requiredFaults = new RequiredFaults(options.clock);
  }

  add(extension: SessionPlugin | TorrentPluginFactory): ExtensionHandle {
    const scope = this.#plugins().add(extension);
    return {
      name: scope.name,
      get isActive() {
        return !scope.hasLeft;
      },
      remove: ({ allowOpen = false } = {}) => this.#remove(scope, allowOpen),
    };
  }

  async removeNamed(name: string, { allowOpen = false }: RemoveExtensionOptions = {}): Promise<void> {
    const entry = this.#plugins().hooks.find(name);
    if (entry) {
      await this.#remove(entry.scope, allowOpen);
    } else if (!allowOpen || !this.#giveUp(name)) {
      throw new PluginError('PLUGIN_UNKNOWN', `there is no extension '${name}' in this session`);
    }
  }

  async #remove(scope: PluginScope, allowOpen: boolean): Promise<void> {
    await this.#plugins().remove(scope, { allowOpen });
    if (allowOpen && !this.#plugins().hooks.find(scope.name)) this.#giveUp(scope.name);
  }

  /** Goes on without a required extension that is not there; false where it is not missed. */
  #giveUp(name: string): boolean {
    const wasMissing = this.#missingRequired.delete(name);
    for (const torrent of this.#torrents()) torrent.requiredBack(name);
    return wasMissing;
  }

  /** Shows a new torrent to the extensions. Throws `PLUGIN_REQUIRED_FAILED`, with an alert. */
  attachAll(torrent: Torrent): void {
    for (const name of this.#missingRequired) torrent.requiredMissing(name);
    for (const entry of this.#plugins().hooks.entries) {
      if (torrent.isClosed) return;
      try {
        torrent.plugins.attachSession(entry);
      } catch (error) {
        this.#report(entry.scope, 'newTorrent', error, torrent, 'torrentRefused');
        throw error;
      }
    }
  }

  /** Shows a new extension to the torrents. One that refuses a torrent, and is required, stops it. */
  pluginAttached(entry: HookEntry<SessionPlugin>): void {
    const { scope } = entry;
    this.#missingRequired.delete(scope.name);
    for (const torrent of this.#torrents()) {
      if (scope.hasLeft) return;
      try {
        torrent.plugins.attachSession(entry);
        torrent.requiredBack(scope.name);
      } catch (error) {
        this.#report(scope, 'newTorrent', error, torrent, 'torrentStopped');
        torrent.requiredMissing(scope.name);
      }
    }
  }

  detachFromTorrents(scope: PluginScope, { allowOpen }: { readonly allowOpen: boolean }): void {
    const isMissed = scope.isRequired && !allowOpen;
    if (isMissed) this.#missingRequired.add(scope.name);
    for (const torrent of this.#torrents()) {
      torrent.plugins.removeSession(scope);
      if (isMissed) torrent.requiredMissing(scope.name);
    }
    // Added again by what that has brought about: torrents that it had not left yet did not take it.
    const again = this.#plugins().hooks.find(scope.name);
    if (again !== undefined) this.pluginAttached(again);
  }

  pluginFault(scope: PluginScope, hook: string, error: unknown): void {
    const hasPeerToBlame = scope.isRequired && causedByPeer.has(hook);
    if (hasPeerToBlame && !this.#requiredFaults.isTooMany()) {
      this.#report(scope, hook, error, undefined, 'peerClosed');
      return;
    }
    this.#report(scope, hook, error, undefined, scope.isRequired ? 'torrentsStopped' : 'pluginDetached');
    this.#plugins().detach(scope);
  }

  #report(
    scope: PluginScope,
    hook: string,
    error: unknown,
    torrent: Torrent | undefined,
    action: 'peerClosed' | 'torrentsStopped' | 'pluginDetached' | 'torrentRefused' | 'torrentStopped',
  ): void {
    const infoHash = torrent?.infoHash;
    const { name: plugin, level } = scope;
    this.#alerts.post('pluginFault', {
      plugin,
      scope: level,
      hook,
      error,
      infoHash,
      endpoint: undefined,
      action,
    });
  }

  pluginWarning({ name }: PluginScope, message: string): void {
    this.#alerts.post('pluginWarning', { plugin: name, message });
  }
}
