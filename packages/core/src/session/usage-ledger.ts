import type { ScopeUsage } from '../dispatch/plugin-scope.js';

/** What each plugin has outstanding in a session, by its name. */
export class UsageLedger {
  readonly #usage = new Map<string, ScopeUsage>();

  of(plugin: string): ScopeUsage {
    let usage = this.#usage.get(plugin);
    if (usage === undefined) {
      usage = { holds: 0, timers: 0, channels: 0 };
      this.#usage.set(plugin, usage);
    }
    return usage;
  }

  entries(): IterableIterator<[string, ScopeUsage]> {
    return this.#usage.entries();
  }
}
