import type { PluginScopeName } from '../alerts/alert.js';
import type { PluginIdentity } from '../plugin/identity.js';

/** Decides what follows a plugin's fault in the object that a scope belongs to. */
export interface FaultHandler {
  pluginFault(scope: PluginScope, hook: string, error: unknown): void;
  /** The plugin goes on; the author should know. */
  pluginWarning(scope: PluginScope, message: string): void;
}

/**
 * Place of an extension in the order of calls: by {@link PluginIdentity.order}, then those of the session
 * before those of a torrent, then by `sequence`, which rises with every extension that is added.
 */
export function rankOf(identity: PluginIdentity, addedToTorrent: boolean, sequence: number): number {
  const order = identity.order === 'pre' ? 0 : identity.order === 'post' ? 2 : 1;
  return (order * 2 + (addedToTorrent ? 1 : 0)) * 2 ** 40 + sequence;
}

/** What a scope counts while it is open, for statistics and leak checks. */
export interface ScopeUsage {
  holds: number;
  timers: number;
  channels: number;
}

/**
 * One extension in one session, torrent or peer: its identity, and everything it registered there, which
 * ends when the scope closes.
 */
export class PluginScope {
  readonly identity: PluginIdentity;
  readonly level: PluginScopeName;
  /** Calls run in rising order of this number. */
  readonly rank: number;
  readonly usage: ScopeUsage;
  readonly faults: FaultHandler;
  /** What the object of this scope is in; a plugin that has left that has left this. */
  readonly #outer: PluginScope | undefined;
  #owned: Set<() => void> | undefined;
  #isClosed = false;
  #isLeaving = false;

  constructor(
    identity: PluginIdentity,
    level: PluginScopeName,
    rank: number,
    faults: FaultHandler,
    usage: ScopeUsage,
    outer?: PluginScope,
  ) {
    this.identity = identity;
    this.level = level;
    this.rank = rank;
    this.faults = faults;
    this.usage = usage;
    this.#outer = outer;
  }

  get name(): string {
    return this.identity.name;
  }

  get isRequired(): boolean {
    return this.identity.required === true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether hooks are no longer called: it is closed, or about to be. */
  get hasLeft(): boolean {
    return this.#isClosed || this.#isLeaving || this.#outer?.hasLeft === true;
  }

  /** No hook is called from now on; the context still works until `close`. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Runs `dispose` when the scope closes, unless the returned function is called first. */
  own(dispose: () => void): () => void {
    if (this.#isClosed) {
      dispose();
      return () => {};
    }
    this.#owned ??= new Set();
    const owned = this.#owned;
    owned.add(dispose);
    return () => {
      owned.delete(dispose);
    };
  }

  /** Ends everything the plugin registered here, last first. Later calls do nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const owned = this.#owned;
    this.#owned = undefined;
    if (owned) for (const dispose of [...owned].reverse()) dispose();
  }

  /** Runs a callback that the plugin registered; what it throws is the plugin's fault. */
  run<R>(what: string, callback: () => R): R | undefined {
    if (this.#isClosed) return undefined;
    try {
      const result = callback();
      watchPromise(this, what, result);
      return result;
    } catch (error) {
      this.faults.pluginFault(this, what, error);
      return undefined;
    }
  }
}

const reported = new WeakMap<PluginIdentity, Set<string>>();

/** Tells the author once an extension. */
export function warnOnce(scope: PluginScope, message: string): void {
  let messages = reported.get(scope.identity);
  if (!messages) {
    messages = new Set();
    reported.set(scope.identity, messages);
  }
  if (messages.has(message)) return;
  messages.add(message);
  scope.faults.pluginWarning(scope, message);
}

/** Whether a value can be awaited: a promise, also of another kind than ours. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Reports a promise returned where none is expected, once a hook and plugin, and takes its rejection for a
 * fault.
 */
export function watchPromise(scope: PluginScope, hook: string, result: unknown): void {
  if (!isThenable(result)) return;
  warnOnce(scope, `${hook} returned a promise; the hook is synchronous`);
  Promise.resolve(result).catch((error: unknown) => scope.faults.pluginFault(scope, hook, error));
}
