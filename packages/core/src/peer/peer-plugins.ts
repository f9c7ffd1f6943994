import { warnOfUnknownHooks } from '../dispatch/check-plugin.js';
import { type HookEntry, HookHost, invoke } from '../dispatch/hook-host.js';
import { madePlugin } from '../dispatch/made-plugin.js';
import { type FaultHandler, PluginScope } from '../dispatch/plugin-scope.js';
import { type PeerHookName, peerHooks } from '../plugin/hook-tables.js';
import type { PeerContext } from '../plugin/peer-context.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';

const peerHookNames = Object.keys(peerHooks) as PeerHookName[];

interface Facade {
  readonly scope: PluginScope;
  readonly context: PeerContext;
  readonly disown: () => void;
}

/** What has been called for a plugin: a plugin may come late, or wait behind a hold. */
interface Progress {
  connected: boolean;
  handshake: boolean;
  extensions: boolean;
}

/** The plugins of one connection, and their facades. */
export class PeerPlugins {
  readonly hooks = new HookHost<PeerPlugin>(peerHookNames);
  readonly #faults: FaultHandler;
  readonly #makeContext: (scope: PluginScope, torrentScope: PluginScope) => PeerContext;
  readonly #refuse: (plugin: string, message: string) => void;
  readonly #facades = new Map<PluginScope, Facade>();
  readonly #progress = new WeakMap<HookEntry<PeerPlugin>, Progress>();

  constructor(options: {
    readonly faults: FaultHandler;
    readonly makeContext: (scope: PluginScope, torrentScope: PluginScope) => PeerContext;
    /** Closes the connection because a required plugin is not there. */
    readonly refuse: (plugin: string, message: string) => void;
  }) {
    this.#faults = options.faults;
    this.#makeContext = options.makeContext;
    this.#refuse = options.refuse;
  }

  /** The facade that the extension of this torrent scope has of the connection. */
  contextFor(torrentScope: PluginScope): PeerContext {
    return this.#facadeFor(torrentScope).context;
  }

  #facadeFor(torrentScope: PluginScope): Facade {
    const known = this.#facades.get(torrentScope);
    if (known && !known.scope.isClosed) return known;
    const { identity, rank, usage } = torrentScope;
    const scope = new PluginScope(identity, 'peer', rank, this.#faults, usage, torrentScope);
    const facade = {
      scope,
      context: this.#makeContext(scope, torrentScope),
      disown: torrentScope.own(() => this.#torrentScopeClosed(torrentScope)),
    };
    this.#facades.set(torrentScope, facade);
    return facade;
  }

  #torrentScopeClosed(torrentScope: PluginScope): void {
    const facade = this.#facades.get(torrentScope);
    if (!facade) return;
    this.#facades.delete(torrentScope);
    this.#removeScope(facade.scope);
  }

  #removeScope(scope: PluginScope): void {
    const entry = this.hooks.entries.find((other) => other.scope === scope);
    if (entry) this.hooks.remove(entry);
    scope.close();
  }

  /** Asks a torrent plugin for its peer plugin. */
  attach({ scope: torrentScope, plugin: torrentPlugin }: HookEntry<TorrentPlugin>): void {
    const { scope, context } = this.#facadeFor(torrentScope);
    try {
      if (typeof torrentPlugin.newConnection !== 'function') return;
      const plugin = madePlugin(scope, 'newConnection', torrentPlugin.newConnection(context));
      if (scope.isClosed) return;
      if (plugin !== undefined) this.#add(scope, plugin);
      else if (scope.isRequired) this.#refuse(scope.name, 'a required extension takes no part');
    } catch (error) {
      this.#faults.pluginFault(scope, 'newConnection', error);
    }
  }

  #add(scope: PluginScope, plugin: PeerPlugin): void {
    warnOfUnknownHooks(scope, plugin, peerHookNames);
    const entry = { scope, plugin };
    this.#progress.set(entry, { connected: false, handshake: false, extensions: false });
    this.hooks.add(entry);
  }

  /** Calls `onConnected` of the plugins that have not had it. */
  connected(): void {
    this.#each('connected', 'onConnected', []);
  }

  /** Calls `onHandshake` of the plugins that have not had it and may. */
  handshake(...args: Parameters<NonNullable<PeerPlugin['onHandshake']>>): void {
    this.#each('handshake', 'onHandshake', args);
  }

  /**
   * Calls `onExtensionHandshake`: of every plugin, or only of those that have not had any (`missedOnly`).
   */
  extensionHandshake(
    dict: Parameters<NonNullable<PeerPlugin['onExtensionHandshake']>>[0],
    missedOnly: boolean,
  ): void {
    this.#each('extensions', 'onExtensionHandshake', [dict], !missedOnly);
  }

  #each(
    step: keyof Progress,
    hook: 'onConnected' | 'onHandshake' | 'onExtensionHandshake',
    args: readonly unknown[],
    again = false,
  ): void {
    for (const entry of this.hooks.entries) {
      const progress = this.#progress.get(entry);
      if (!progress || (progress[step] && !again) || !this.hooks.mayCall(entry)) continue;
      progress[step] = true;
      if (!this.hooks.list(hook).includes(entry)) continue;
      const isMeant = hook !== 'onConnected';
      if (invoke(entry, hook, args, { isMeant }) === false && isMeant) this.#detach(entry, hook);
    }
  }

  #detach(entry: HookEntry<PeerPlugin>, hook: string): void {
    const { scope } = entry;
    if (!scope.isRequired) {
      this.#removeScope(scope);
      return;
    }
    this.hooks.remove(entry);
    this.#refuse(scope.name, `a required extension left in ${hook}`);
  }

  /** The connection is gone: closes every scope. */
  close(): void {
    for (const { scope, disown } of this.#facades.values()) {
      disown();
      scope.close();
    }
    this.#facades.clear();
  }
}
