import {
  defineTorrentExtension,
  type PeerContext,
  type PeerPlugin,
  type SessionContext,
  type SessionPlugin,
  type TorrentContext,
  type TorrentPlugin,
  type TorrentPluginFactory,
} from '@peerloom/core/plugin';
import { type HookId, type HookLevel, hookNames } from './hook-catalog.js';
import type { HookLog } from './hook-log.js';

/** An extension as it is given to a session. */
export type Extension = SessionPlugin | TorrentPluginFactory;

/** Where in a session a hook is called. */
export interface HookSite {
  readonly session: SessionContext | undefined;
  readonly torrent: TorrentContext | undefined;
  readonly peer: PeerContext | undefined;
}

/** Something that a hook does in place of returning what the plugin's own returned. */
export interface Interference {
  readonly id: HookId;
  /** Which calls; default all. */
  readonly applies?: (site: HookSite) => boolean;
  /** Runs after the plugin's own hook. What it returns is the hook's result, what it throws its error. */
  readonly act: (site: HookSite, result: unknown) => unknown;
}

interface Instruments {
  readonly log: HookLog;
  readonly interference: Interference | undefined;
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

const levels: readonly HookLevel[] = ['session', 'torrent', 'peer'];
/** The hook of each level that makes the plugin of the next. */
const creator = { session: 'newTorrent', torrent: 'newConnection', peer: undefined } as const;

/**
 * The same extension, with every call of its hooks kept in `log`, and with the interference if there is one:
 * then it also takes part where the extension itself would not.
 */
export function instrument(extension: Extension, log: HookLog, interference?: Interference): Extension {
  const instruments = { log, interference };
  const nowhere: HookSite = { session: undefined, torrent: undefined, peer: undefined };
  if (typeof extension !== 'function') return wrapPlugin(extension, 'session', nowhere, instruments);
  return defineTorrentExtension(extension, (torrent, userData) => {
    const plugin = extension(torrent, userData);
    const site = { session: torrent.session, torrent, peer: undefined };
    return wrapCreated(plugin, 'torrent', site, instruments) as TorrentPlugin | undefined;
  });
}

/** Wraps what a creating hook returned; something that declines takes part where it has to interfere. */
function wrapCreated(
  plugin: object | undefined,
  level: HookLevel,
  site: HookSite,
  instruments: Instruments,
): object | undefined {
  if (plugin !== undefined) return wrapPlugin(plugin, level, site, instruments);
  return isNeeded(level, instruments.interference) ? wrapPlugin({}, level, site, instruments) : undefined;
}

function isNeeded(level: HookLevel, interference: Interference | undefined): boolean {
  return interference !== undefined && levels.indexOf(levelOf(interference.id)) >= levels.indexOf(level);
}

function levelOf(id: HookId): HookLevel {
  return id.slice(0, id.indexOf('.')) as HookLevel;
}

/**
 * A face of `plugin` whose hooks are instrumented. Everything else is the plugin's own, and runs on the
 * plugin itself, so that its private state works.
 */
function wrapPlugin<P extends SessionPlugin | TorrentPlugin | PeerPlugin>(
  plugin: P,
  level: HookLevel,
  site: HookSite,
  instruments: Instruments,
): P {
  const own = new Map<string, AnyFunction>();
  const hookOf = (name: string): AnyFunction | undefined => {
    const known = own.get(name);
    if (known !== undefined) return known;
    const id = `${level}.${name}` as HookId;
    const value: unknown = Reflect.get(plugin, name);
    const original = isFunction(value) ? value : undefined;
    if (original === undefined && !isForced(level, name, instruments.interference)) return undefined;
    const hook = makeHook(
      plugin,
      typeof original === 'function' ? original : undefined,
      id,
      site,
      instruments,
    );
    own.set(name, hook);
    return hook;
  };
  // A shell is wrapped, not the plugin: a proxy may not change what is frozen.
  const shell: P = Object.create(Object.getPrototypeOf(plugin));
  return new Proxy(shell, {
    get: (_shell, key) => {
      if (typeof key === 'string' && hookNames[level].includes(key)) return hookOf(key);
      const value: unknown = Reflect.get(plugin, key);
      return typeof value === 'function' ? value.bind(plugin) : value;
    },
    set: (_shell, key, value) => Reflect.set(plugin, key, value),
    has: (_shell, key) => Reflect.has(plugin, key) || (typeof key === 'string' && isForcedHook(key)),
    ownKeys: () => Reflect.ownKeys(plugin),
    getOwnPropertyDescriptor: (_shell, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(plugin, key);
      return descriptor && { ...descriptor, configurable: true };
    },
  });

  function isForcedHook(key: string): boolean {
    return isForced(level, key, instruments.interference);
  }
}

function isForced(level: HookLevel, name: string, interference: Interference | undefined): boolean {
  if (interference === undefined) return false;
  if (interference.id === `${level}.${name}`) return true;
  return name === creator[level] && levels.indexOf(levelOf(interference.id)) > levels.indexOf(level);
}

function makeHook(
  plugin: object,
  original: AnyFunction | undefined,
  id: HookId,
  outer: HookSite,
  instruments: Instruments,
): AnyFunction {
  let site = outer;
  return (...args) => {
    if (id === 'session.added') site = { ...outer, session: args[0] as SessionContext };
    const sequence = instruments.log.begin();
    const note = (result: unknown, error: unknown): void =>
      instruments.log.add({ id, args, result, error, remote: site.peer?.endpoint.address, sequence });
    try {
      const result = interfere(id, siteOf(id, site, args), original?.apply(plugin, args), instruments);
      note(result, undefined);
      return wrapResult(id, result, args, site, instruments);
    } catch (error) {
      note(undefined, error);
      throw error;
    }
  };
}

/** Where a call is: the contexts that the plugin of this level was made with, or that it is called with. */
function siteOf(id: HookId, site: HookSite, args: readonly unknown[]): HookSite {
  if (id === 'session.newTorrent') return torrentSite(site, args[0] as TorrentContext);
  if (id === 'torrent.newConnection') return { ...site, peer: args[0] as PeerContext };
  return site;
}

function torrentSite(site: HookSite, torrent: TorrentContext): HookSite {
  return { session: site.session ?? torrent.session, torrent, peer: undefined };
}

function interfere(id: HookId, site: HookSite, result: unknown, { interference }: Instruments): unknown {
  if (interference?.id !== id || interference.applies?.(site) === false) return result;
  return interference.act(site, result);
}

function wrapResult(
  id: HookId,
  result: unknown,
  args: readonly unknown[],
  site: HookSite,
  instruments: Instruments,
): unknown {
  if (result instanceof Promise) return result;
  if (id === 'session.newTorrent') {
    return wrapCreated(objectOf(result), 'torrent', siteOf(id, site, args), instruments);
  }
  if (id === 'torrent.newConnection') {
    return wrapCreated(objectOf(result), 'peer', siteOf(id, site, args), instruments);
  }
  return result;
}

function isFunction(value: unknown): value is AnyFunction {
  return typeof value === 'function';
}

function objectOf(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null ? value : undefined;
}
