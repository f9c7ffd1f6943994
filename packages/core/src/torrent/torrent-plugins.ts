import { DuplicateExtensionError, PluginError } from '../common/errors.js';
import { checkIdentity, warnOfUnknownHooks } from '../dispatch/check-plugin.js';
import { type HookEntry, HookHost } from '../dispatch/hook-host.js';
import {
  type FaultHandler,
  PluginScope,
  rankOf,
  type ScopeUsage,
  watchPromise,
} from '../dispatch/plugin-scope.js';
import { type TorrentHookName, torrentHooks } from '../plugin/hook-tables.js';
import type { SessionPlugin } from '../plugin/session-plugin.js';
import type { TorrentContext } from '../plugin/torrent-context.js';
import type { TorrentPlugin, TorrentPluginFactory } from '../plugin/torrent-plugin.js';

const torrentHookNames = Object.keys(torrentHooks) as TorrentHookName[];

/** What the plugins ask of their torrent. */
export interface TorrentPluginsOwner extends FaultHandler {
  readonly userData: unknown;
  nextPluginSequence(): number;
  usageOf(plugin: string): ScopeUsage;
  makeContext(scope: PluginScope): TorrentContext;
  /** A plugin is here: calls what a late one missed, and shows it the connections that exist. */
  pluginAttached(entry: HookEntry<TorrentPlugin>): void;
  /** A plugin has left; what it kept from the engine is given back. */
  pluginLeft(scope: PluginScope): void;
  /** A required plugin is not there: fail closed until it is. */
  requiredMissing(plugin: string): void;
  requiredBack(plugin: string): void;
}

interface Facade {
  readonly scope: PluginScope;
  readonly context: TorrentContext;
}

/** The plugins of one torrent, and the facades that extensions have of it. */
export class TorrentPlugins {
  readonly hooks = new HookHost<TorrentPlugin>(torrentHookNames);
  readonly #owner: TorrentPluginsOwner;
  /** By extension name: of the session or of this torrent. */
  readonly #facades = new Map<string, Facade>();
  readonly #contexts = new WeakMap<PluginScope, TorrentContext>();

  constructor(owner: TorrentPluginsOwner) {
    this.#owner = owner;
  }

  /** The facade of a session extension, which may have no plugin here. */
  contextFor(sessionScope: PluginScope): TorrentContext {
    const known = this.#facades.get(sessionScope.name);
    if (known && !known.scope.isClosed) return known.context;
    const { identity, rank, usage } = sessionScope;
    const scope = new PluginScope(identity, 'torrent', rank, this.#owner, usage);
    sessionScope.own(() => this.#remove(scope));
    return this.#addFacade(scope).context;
  }

  /** The facade that belongs to a torrent scope. */
  contextOf(scope: PluginScope): TorrentContext {
    return this.#contexts.get(scope) as TorrentContext;
  }

  #addFacade(scope: PluginScope): Facade {
    const facade = { scope, context: this.#owner.makeContext(scope) };
    this.#facades.set(scope.name, facade);
    this.#contexts.set(scope, facade.context);
    return facade;
  }

  /**
   * Shows the torrent to a session extension. Throws what `newTorrent` of a required one throws, wrapped
   * as `PLUGIN_REQUIRED_FAILED`.
   */
  attachSession({ scope: sessionScope, plugin: sessionPlugin }: HookEntry<SessionPlugin>): void {
    const taken = this.#facades.get(sessionScope.name);
    if (taken && !taken.scope.isClosed && this.hooks.find(sessionScope.name)) {
      const message = 'this torrent has an extension of the same name; it is left out there';
      this.#owner.pluginWarning(sessionScope, message);
      return;
    }
    if (sessionPlugin.newTorrent === undefined) return;
    const context = this.contextFor(sessionScope);
    const { scope } = this.#facades.get(sessionScope.name) as Facade;
    this.#create(scope, 'newTorrent', () => sessionPlugin.newTorrent?.(context, this.#owner.userData));
  }

  /** Adds an extension of this torrent only. Throws {@link DuplicateExtensionError}, `PLUGIN_…`. */
  add(factory: TorrentPluginFactory, userData: unknown): PluginScope {
    checkIdentity(factory);
    if (this.#facades.has(factory.name)) throw new DuplicateExtensionError(factory.name, 'torrent');
    const rank = rankOf(factory, true, this.#owner.nextPluginSequence());
    const usage = this.#owner.usageOf(factory.name);
    const scope = new PluginScope(factory, 'torrent', rank, this.#owner, usage);
    const { context } = this.#addFacade(scope);
    const made = this.#create(scope, 'factory', () => factory(context, userData));
    if (!made && scope.isRequired) this.#owner.requiredMissing(scope.name);
    return scope;
  }

  #create(scope: PluginScope, hook: string, make: () => TorrentPlugin | undefined): boolean {
    let plugin: TorrentPlugin | undefined;
    try {
      plugin = make();
    } catch (error) {
      if (scope.isRequired && hook === 'newTorrent') {
        this.#remove(scope);
        throw new PluginError('PLUGIN_REQUIRED_FAILED', `required extension '${scope.name}' failed`, {
          cause: error,
        });
      }
      this.#owner.pluginFault(scope, hook, error);
      return false;
    }
    if (plugin instanceof Promise) {
      watchPromise(scope, hook, plugin);
      return false;
    }
    if (plugin === undefined || plugin === null || scope.isClosed) return false;
    warnOfUnknownHooks(scope, plugin, torrentHookNames);
    const entry = { scope, plugin };
    this.hooks.add(entry);
    if (scope.isRequired) this.#owner.requiredBack(scope.name);
    this.#owner.pluginAttached(entry);
    return true;
  }

  /** Takes out an extension of this torrent. False where there is none of that name. */
  removeNamed(name: string, options: { readonly allowOpen: boolean }): boolean {
    const facade = this.#facades.get(name);
    if (!facade) return false;
    const wasActive = this.hooks.find(name) !== undefined;
    this.#remove(facade.scope);
    if (wasActive && facade.scope.isRequired) {
      if (options.allowOpen) this.#owner.requiredBack(name);
      else this.#owner.requiredMissing(name);
    }
    return true;
  }

  /** Takes out what a session extension has here. */
  removeSession(sessionScope: PluginScope): void {
    const facade = this.#facades.get(sessionScope.name);
    if (facade?.scope.identity === sessionScope.identity) this.#remove(facade.scope);
  }

  /** Detaches a plugin that failed. */
  detach(scope: PluginScope): void {
    this.#remove(scope);
    if (scope.isRequired) this.#owner.requiredMissing(scope.name);
  }

  #remove(scope: PluginScope): void {
    if (this.#facades.get(scope.name)?.scope === scope) this.#facades.delete(scope.name);
    const entry = this.hooks.entries.find((other) => other.scope === scope);
    if (entry) this.hooks.remove(entry);
    if (scope.isClosed) return;
    scope.close();
    this.#owner.pluginLeft(scope);
  }

  /** The torrent is gone. */
  close(): void {
    for (const { scope } of [...this.#facades.values()]) this.#remove(scope);
  }
}
