import { DuplicateExtensionError, PluginError } from '../common/errors.js';
import { checkIdentity, warnOfUnknownHooks } from '../dispatch/check-plugin.js';
import { type HookEntry, HookHost } from '../dispatch/hook-host.js';
import { madePlugin } from '../dispatch/made-plugin.js';
import { type FaultHandler, PluginScope, rankOf, type ScopeUsage } from '../dispatch/plugin-scope.js';
import { type TorrentHookName, torrentHooks } from '../plugin/hook-tables.js';
import type { PluginIdentity } from '../plugin/identity.js';
import type { SessionPlugin } from '../plugin/session-plugin.js';
import type { TorrentContext } from '../plugin/torrent-context.js';
import type { TorrentPlugin, TorrentPluginFactory } from '../plugin/torrent-plugin.js';

const torrentHookNames = Object.keys(torrentHooks) as TorrentHookName[];

/** What the plugins ask of their torrent. */
export interface TorrentPluginsOwner extends FaultHandler {
  readonly userData: unknown;
  nextPluginSequence(): number;
  usageOf(plugin: string): ScopeUsage;
  /** Whether an extension of the session has the name. */
  isSessionExtension(name: string): boolean;
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
  /** Takes it from what ends with the session extension. */
  readonly disown: () => void;
}

/** The plugins of one torrent, and the facades that extensions have of it. */
export class TorrentPlugins {
  readonly hooks = new HookHost<TorrentPlugin>(torrentHookNames);
  readonly #owner: TorrentPluginsOwner;
  /** By extension, of the session or of this torrent. */
  readonly #facades = new Map<PluginIdentity, Facade>();
  readonly #contexts = new WeakMap<PluginScope, TorrentContext>();

  constructor(owner: TorrentPluginsOwner) {
    this.#owner = owner;
  }

  /** The facade of an extension that was added elsewhere, which may have no plugin here. */
  contextFor(extensionScope: PluginScope): TorrentContext {
    return this.#facadeFor(extensionScope).context;
  }

  #facadeFor(extensionScope: PluginScope): Facade {
    const { identity, rank, usage } = extensionScope;
    const known = this.#facades.get(identity);
    if (known && !known.scope.isClosed) return known;
    const scope = new PluginScope(identity, 'torrent', rank, this.#owner, usage);
    const disown = extensionScope.own(() => this.#remove(scope));
    return this.#addFacade(scope, disown);
  }

  /** The facade that belongs to a torrent scope. */
  contextOf(scope: PluginScope): TorrentContext {
    return this.#contexts.get(scope) as TorrentContext;
  }

  #addFacade(scope: PluginScope, disown: () => void): Facade {
    const facade = { scope, context: this.#owner.makeContext(scope), disown };
    this.#facades.set(scope.identity, facade);
    this.#contexts.set(scope, facade.context);
    return facade;
  }

  /**
   * Shows the torrent to a session extension. Throws `PLUGIN_REQUIRED_FAILED` where `newTorrent` of a
   * required one fails.
   */
  attachSession({ scope: sessionScope, plugin: sessionPlugin }: HookEntry<SessionPlugin>): void {
    if (sessionScope.hasLeft || typeof sessionPlugin.newTorrent !== 'function') return;
    const sameNamed = this.hooks.find(sessionScope.name);
    if (sameNamed?.scope.identity === sessionScope.identity) return;
    if (sameNamed) {
      const message = 'this torrent has an extension of the same name; it is left out there';
      this.#owner.pluginWarning(sessionScope, message);
      return;
    }
    const { scope, context } = this.#facadeFor(sessionScope);
    try {
      const plugin = sessionPlugin.newTorrent(context, this.#owner.userData);
      this.#attach(scope, 'newTorrent', plugin);
    } catch (cause) {
      if (!scope.isRequired) {
        this.#owner.pluginFault(scope, 'newTorrent', cause);
        return;
      }
      this.#remove(scope);
      const message = `required extension '${scope.name}' failed on a torrent`;
      throw new PluginError('PLUGIN_REQUIRED_FAILED', message, { cause });
    }
  }

  /** Adds an extension of this torrent only. Throws {@link DuplicateExtensionError}, `PLUGIN_…`. */
  add(factory: TorrentPluginFactory, userData: unknown): PluginScope {
    checkIdentity(factory);
    const { name } = factory;
    if (this.#named(name) || this.#owner.isSessionExtension(name)) {
      throw new DuplicateExtensionError(name, 'torrent');
    }
    const rank = rankOf(factory, true, this.#owner.nextPluginSequence());
    const scope = new PluginScope(factory, 'torrent', rank, this.#owner, this.#owner.usageOf(name));
    const { context } = this.#addFacade(scope, () => {});
    let isAttached = false;
    try {
      isAttached = this.#attach(scope, 'factory', factory(context, userData));
    } catch (error) {
      this.#owner.pluginFault(scope, 'factory', error);
    }
    if (!isAttached && scope.isRequired) this.#owner.requiredMissing(name);
    return scope;
  }

  #attach(scope: PluginScope, hook: string, value: TorrentPlugin | undefined): boolean {
    const plugin = madePlugin(scope, hook, value);
    if (plugin === undefined || scope.hasLeft) return false;
    warnOfUnknownHooks(scope, plugin, torrentHookNames);
    const entry = { scope, plugin };
    this.hooks.add(entry);
    if (scope.isRequired) this.#owner.requiredBack(scope.name);
    this.#owner.pluginAttached(entry);
    return true;
  }

  /**
   * Takes out an extension of this torrent. False where there is none of that name; a required one that is
   * gone already can still be given up with `allowOpen`.
   */
  removeNamed(name: string, { allowOpen }: { readonly allowOpen: boolean }): boolean {
    if (allowOpen) this.#owner.requiredBack(name);
    const facade = this.#named(name);
    if (!facade) return false;
    const wasActive = this.hooks.find(name) !== undefined;
    this.#remove(facade.scope);
    const isMissed = wasActive && facade.scope.isRequired && !allowOpen;
    // What that brings about may add it again.
    if (isMissed && !this.hooks.find(name)) this.#owner.requiredMissing(name);
    return true;
  }

  #named(name: string): Facade | undefined {
    for (const facade of this.#facades.values()) if (facade.scope.name === name) return facade;
    return undefined;
  }

  /** Takes out what a session extension has here. */
  removeSession({ identity }: PluginScope): void {
    const facade = this.#facades.get(identity);
    if (facade) this.#remove(facade.scope);
  }

  /** Detaches an extension whose plugin failed. */
  detach(identity: PluginIdentity): void {
    const facade = this.#facades.get(identity);
    if (!facade) return;
    this.#remove(facade.scope);
    const { name, isRequired } = facade.scope;
    if (isRequired && !this.hooks.find(name)) this.#owner.requiredMissing(name);
  }

  #remove(scope: PluginScope): void {
    const facade = this.#facades.get(scope.identity);
    if (facade?.scope === scope) {
      facade.disown();
      this.#facades.delete(scope.identity);
    }
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
