import { PluginError } from '../common/errors.js';
import { isThenable, type PluginScope, watchPromise } from './plugin-scope.js';

/** A plugin object and the scope in which it was made. */
export interface HookEntry<P extends object> {
  readonly scope: PluginScope;
  readonly plugin: P;
}

type HookFunction = (this: object, ...args: unknown[]) => unknown;

/** Names of the methods of `P`. */
export type HookOf<P> = {
  [K in keyof P]-?: NonNullable<P[K]> extends (...args: never[]) => unknown ? K : never;
}[keyof P] &
  string;

type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;
type Result<F> = F extends (...args: never[]) => infer R ? Exclude<R, undefined> : never;

/**
 * The plugins of one object, with an array a hook that is computed when plugins change: a hook that nobody
 * implements costs one look-up. Arrays are replaced, never changed, so plugins may come and go during a
 * call; one that left is skipped.
 */
export class HookHost<P extends object> {
  readonly #hooks: readonly HookOf<P>[];
  #entries: readonly HookEntry<P>[] = [];
  /** Looked at once, when a plugin is added. */
  readonly #implemented = new WeakMap<HookEntry<P>, ReadonlySet<string>>();
  #lists: { readonly [hook: string]: readonly HookEntry<P>[] | undefined } = emptyLists;
  /** Where set, only entries it accepts are called. */
  gate: ((entry: HookEntry<P>) => boolean) | undefined;

  constructor(hooks: readonly HookOf<P>[]) {
    this.#hooks = hooks;
  }

  get entries(): readonly HookEntry<P>[] {
    return this.#entries;
  }

  find(name: string): HookEntry<P> | undefined {
    return this.#entries.find((entry) => entry.scope.name === name);
  }

  /** Throws what a getter of the plugin throws; then nothing is added. */
  add(entry: HookEntry<P>): void {
    const { plugin } = entry;
    this.#implemented.set(entry, new Set(this.#hooks.filter((hook) => typeof plugin[hook] === 'function')));
    this.#entries = [...this.#entries, entry].sort((a, b) => a.scope.rank - b.scope.rank);
    this.#rebuild();
  }

  remove(entry: HookEntry<P>): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#rebuild();
  }

  #rebuild(): void {
    if (this.#entries.length === 0) {
      this.#lists = emptyLists;
      return;
    }
    const lists: { [hook: string]: readonly HookEntry<P>[] } = Object.create(null);
    for (const hook of this.#hooks) {
      const list = this.#entries.filter((entry) => this.#implemented.get(entry)?.has(hook) === true);
      if (list.length > 0) lists[hook] = list;
    }
    this.#lists = lists;
  }

  /** Whether any plugin implements the hook. Ask before building arguments on the hot path. */
  has(hook: HookOf<P>): boolean {
    return this.#lists[hook] !== undefined;
  }

  /** Calls the hook of every plugin. */
  notify<K extends HookOf<P>>(hook: K, ...args: Arguments<NonNullable<P[K]>>): void {
    const list = this.#lists[hook];
    if (list === undefined) return;
    for (const entry of list) if (this.mayCall(entry)) invoke(entry, hook, args, { isMeant: false });
  }

  /** Calls until one returns `true`; whether one did. */
  handled<K extends HookOf<P>>(hook: K, ...args: Arguments<NonNullable<P[K]>>): boolean {
    return this.handledBy(hook, ...args) !== undefined;
  }

  /** Calls until one returns `true`; the plugin that did. */
  handledBy<K extends HookOf<P>>(hook: K, ...args: Arguments<NonNullable<P[K]>>): HookEntry<P> | undefined {
    const list = this.#lists[hook];
    if (list === undefined) return undefined;
    for (const entry of list) {
      if (this.mayCall(entry) && invoke(entry, hook, args) === true) return entry;
    }
    return undefined;
  }

  /** Asks until one returns `false`; true where nobody did. A required plugin that fails says no. */
  allows<K extends HookOf<P>>(hook: K, ...args: Arguments<NonNullable<P[K]>>): boolean {
    const list = this.#lists[hook];
    if (list === undefined) return true;
    for (const entry of list) {
      if (!this.mayCall(entry)) continue;
      const answer = invoke(entry, hook, args);
      if (answer === false || (answer === faulted && entry.scope.isRequired)) return false;
    }
    return true;
  }

  /** The first value other than `undefined`. None where a required plugin fails before. */
  first<K extends HookOf<P>>(
    hook: K,
    ...args: Arguments<NonNullable<P[K]>>
  ): Result<NonNullable<P[K]>> | undefined {
    const list = this.#lists[hook];
    if (list === undefined) return undefined;
    for (const entry of list) {
      if (!this.mayCall(entry)) continue;
      const value = invoke(entry, hook, args);
      if (value === faulted) {
        if (entry.scope.isRequired) return undefined;
        continue;
      }
      if (value !== undefined && value !== null) return value as Result<NonNullable<P[K]>>;
    }
    return undefined;
  }

  /** The plugins that implement the hook, for callers that give each its own arguments. */
  list(hook: HookOf<P>): readonly HookEntry<P>[] {
    return this.#lists[hook] ?? [];
  }

  /** Whether a plugin may be called: it has not left, and the gate lets it. */
  mayCall(entry: HookEntry<P>): boolean {
    return !entry.scope.hasLeft && (this.gate === undefined || this.gate(entry));
  }
}

const emptyLists: { readonly [hook: string]: undefined } = Object.freeze(Object.create(null));

/** What {@link invoke} gives for a hook that threw. */
const faulted: unique symbol = Symbol('faulted');

/**
 * Calls one hook of one plugin. A throw is given to the scope's fault handler; what is returned then equals
 * no value that a hook can mean. A promise is reported and never counts as a value; where an answer `isMeant`
 * and the plugin is required, it is a fault: nobody waits for it.
 */
export function invoke<P extends object>(
  { scope, plugin }: HookEntry<P>,
  hook: HookOf<P>,
  args: readonly unknown[],
  { isMeant }: { readonly isMeant: boolean } = { isMeant: true },
): unknown {
  try {
    const result = (plugin[hook] as HookFunction).apply(plugin, args as unknown[]);
    if (!isThenable(result)) return result;
    watchPromise(scope, hook, result);
    if (!isMeant || !scope.isRequired) return undefined;
    throw new PluginError('PLUGIN_PROMISE', `${hook} of a required extension returned a promise`);
  } catch (error) {
    scope.faults.pluginFault(scope, hook, error);
    return faulted;
  }
}
