import type { Alert } from '../alerts/alert.js';
import type { AlertHub } from '../alerts/alert-hub.js';
import { defaultAlertMask } from '../alerts/categories.js';
import { type BencodeValue, decode, encode } from '../bencode/bencode.js';
import { DuplicateExtensionError } from '../common/errors.js';
import { checkIdentity, warnOfUnknownHooks } from '../dispatch/check-plugin.js';
import { type HookEntry, HookHost } from '../dispatch/hook-host.js';
import {
  type FaultHandler,
  isThenable,
  PluginScope,
  rankOf,
  type ScopeUsage,
} from '../dispatch/plugin-scope.js';
import { settleWithin } from '../dispatch/settle-within.js';
import { type SessionHookName, sessionHooks } from '../plugin/hook-tables.js';
import type { SessionContext } from '../plugin/session-context.js';
import type { SessionPlugin } from '../plugin/session-plugin.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { Clock } from '../ports/clock.js';
import type { Settings } from '../settings/settings-table.js';

const sessionHookNames = Object.keys(sessionHooks) as SessionHookName[];

/** Who hears what becomes of the session's plugins. */
export interface SessionPluginsListener extends FaultHandler {
  /** Shows the plugin the torrents that exist. */
  pluginAttached(entry: HookEntry<SessionPlugin>): void;
  /** Takes the plugin out of every torrent. */
  detachFromTorrents(scope: PluginScope, options: { readonly allowOpen: boolean }): void;
}

/** What the session's plugins ask of it. */
export interface SessionPluginsOwner {
  readonly alerts: AlertHub;
  readonly clock: Clock;
  readonly settings: Settings;
  nextPluginSequence(): number;
  usageOf(plugin: string): ScopeUsage;
  readonly extensions: SessionPluginsListener;
  makeContext(scope: PluginScope): SessionContext;
}

/** The extensions of a session, their contexts and their saved state. */
export class SessionPlugins {
  readonly hooks = new HookHost<SessionPlugin>(sessionHookNames);
  readonly #owner: SessionPluginsOwner;
  readonly #contexts = new Map<PluginScope, SessionContext>();
  /** Values of plugins that are not here, or that failed to save, are kept untouched. */
  readonly #saved: Map<string, BencodeValue>;

  constructor(owner: SessionPluginsOwner, saved: ReadonlyMap<string, BencodeValue>) {
    this.#owner = owner;
    this.#saved = new Map(saved);
  }

  /** Throws {@link DuplicateExtensionError}, `PLUGIN_NAME`, `PLUGIN_API_VERSION`, `PLUGIN_ORDER`. */
  add(extension: SessionPlugin | TorrentPluginFactory): PluginScope {
    checkIdentity(extension);
    if (this.hooks.find(extension.name)) throw new DuplicateExtensionError(extension.name, 'session');
    const plugin = typeof extension === 'function' ? fromFactory(extension) : extension;
    const rank = rankOf(plugin, false, this.#owner.nextPluginSequence());
    const usage = this.#owner.usageOf(plugin.name);
    const scope = new PluginScope(plugin, 'session', rank, this.#owner.extensions, usage);
    warnOfUnknownHooks(scope, plugin, sessionHookNames);
    const entry = { scope, plugin };
    const context = this.#owner.makeContext(scope);
    this.#contexts.set(scope, context);
    this.hooks.add(entry);
    this.#listen(entry);
    this.#owner.alerts.post('pluginAdded', { plugin: scope.name, infoHash: undefined });
    scope.run('added', () => plugin.added?.(context));
    if (!scope.hasLeft) this.#load(entry);
    if (!scope.hasLeft) this.#owner.extensions.pluginAttached(entry);
    return scope;
  }

  #listen({ scope, plugin }: HookEntry<SessionPlugin>): void {
    if (typeof plugin.onAlert !== 'function') return;
    const sink = {
      mask: plugin.alertMask ?? defaultAlertMask,
      deliver: (alert: Alert): void => {
        if (scope.hasLeft || (alert.type === 'pluginFault' && alert.plugin === scope.name)) return;
        scope.run('onAlert', () => plugin.onAlert?.(alert));
      },
    };
    scope.own(this.#owner.alerts.addSink(sink));
  }

  #load({ scope, plugin }: HookEntry<SessionPlugin>): void {
    const value = this.#saved.get(scope.name);
    if (value === undefined || plugin.loadState === undefined) return;
    scope.run('loadState', () => plugin.loadState?.(value));
  }

  contextOf(scope: PluginScope): SessionContext | undefined {
    return this.#contexts.get(scope);
  }

  /** The context of the session extension that a torrent scope belongs to, where it does to one. */
  contextFor(torrentScope: PluginScope): SessionContext | undefined {
    const entry = this.hooks.find(torrentScope.name);
    if (entry?.scope.identity !== torrentScope.identity) return undefined;
    return this.#contexts.get(entry.scope);
  }

  /** Takes an extension out; resolves when its `removed` has settled, or its deadline passed. */
  async remove(scope: PluginScope, options: { readonly allowOpen: boolean }): Promise<void> {
    const entry = this.hooks.entries.find((other) => other.scope === scope);
    if (entry === undefined) return;
    this.#keepState(entry);
    this.hooks.remove(entry);
    scope.leave();
    this.#owner.extensions.detachFromTorrents(scope, options);
    await this.#callRemoved(entry);
    this.#end(scope);
  }

  /** Takes out an extension that failed, at once. */
  detach(scope: PluginScope): void {
    const entry = this.hooks.entries.find((other) => other.scope === scope);
    if (entry === undefined) return;
    this.hooks.remove(entry);
    this.#owner.extensions.detachFromTorrents(scope, { allowOpen: false });
    this.#end(scope);
  }

  #end(scope: PluginScope): void {
    if (scope.isClosed) return;
    scope.close();
    this.#owner.alerts.post('pluginRemoved', { plugin: scope.name, infoHash: undefined });
  }

  async #callRemoved({ scope, plugin }: HookEntry<SessionPlugin>): Promise<void> {
    if (plugin.removed === undefined) return;
    try {
      const settled = plugin.removed();
      if (!isThenable(settled)) return;
      if (
        await settleWithin(
          this.#owner.clock,
          Promise.resolve(settled),
          this.#owner.settings.pluginRemoveDeadlineMs,
        )
      )
        return;
      this.#owner.extensions.pluginWarning(scope, 'what removed() promised did not settle in time');
    } catch (error) {
      this.#owner.extensions.pluginFault(scope, 'removed', error);
    }
  }

  /** Takes out all, in reverse order of their calls. */
  async removeAll(): Promise<void> {
    for (const { scope } of [...this.hooks.entries].reverse()) {
      await this.remove(scope, { allowOpen: true });
    }
  }

  /** What to save, by name: of plugins that are here, their value of now. */
  saveState(): ReadonlyMap<string, BencodeValue> {
    for (const entry of this.hooks.entries) if (!entry.scope.hasLeft) this.#keepState(entry);
    return this.#saved;
  }

  #keepState({ scope, plugin }: HookEntry<SessionPlugin>): void {
    if (plugin.saveState === undefined) return;
    try {
      const value = plugin.saveState();
      if (value === undefined) {
        this.#saved.delete(scope.name);
        return;
      }
      // A copy: what the plugin keeps may change, or become something that can't be saved.
      this.#saved.set(scope.name, decode(encode(value)));
    } catch (error) {
      this.#owner.alerts.post('pluginFault', {
        plugin: scope.name,
        scope: 'session',
        hook: 'saveState',
        error,
        infoHash: undefined,
        endpoint: undefined,
        action: 'stateKept',
      });
    }
  }
}

function fromFactory(factory: TorrentPluginFactory): SessionPlugin {
  const { name, apiVersion, order, required } = factory;
  return {
    name,
    apiVersion,
    ...(order === undefined ? {} : { order }),
    ...(required === undefined ? {} : { required }),
    newTorrent: (torrent, userData) => factory(torrent, userData),
  };
}
