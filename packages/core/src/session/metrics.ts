import { PluginError } from '../common/errors.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { Counter, Disposer } from '../plugin/session-context.js';

const maxPerPlugin = 256;

/** Counters and gauges that plugins show in the session's statistics, by `<plugin>.<name>`. */
export class Metrics {
  readonly #counters = new Map<string, { value: number }>();
  readonly #gauges = new Map<string, { readonly scope: PluginScope; readonly read: () => number }>();

  /** The counter of that name: the same one each time, so that it goes on where a plugin comes back. */
  counter(scope: PluginScope, name: string): Counter {
    const key = this.#keyOf(scope, name);
    let cell = this.#counters.get(key);
    if (cell === undefined) {
      cell = { value: 0 };
      this.#counters.set(key, cell);
    }
    const counted = cell;
    return {
      add(amount = 1) {
        counted.value += Math.max(0, amount);
      },
      get value() {
        return counted.value;
      },
    };
  }

  gauge(scope: PluginScope, name: string, read: () => number): Disposer {
    const key = this.#keyOf(scope, name);
    const gauge = { scope, read };
    this.#gauges.set(key, gauge);
    const remove = (): void => {
      disown();
      if (this.#gauges.get(key) === gauge) this.#gauges.delete(key);
    };
    const disown = scope.own(remove);
    return remove;
  }

  #keyOf({ name: plugin }: PluginScope, name: string): string {
    const key = `${plugin}.${name}`;
    if (this.#counters.has(key) || this.#gauges.has(key)) return key;
    const prefix = `${plugin}.`;
    const taken = [...this.#counters.keys(), ...this.#gauges.keys()];
    if (taken.filter((other) => other.startsWith(prefix)).length >= maxPerPlugin) {
      throw new PluginError('PLUGIN_METRICS', `extension '${plugin}' has ${maxPerPlugin} metrics already`);
    }
    return key;
  }

  read(): Readonly<Record<string, number>> {
    const values: Record<string, number> = {};
    for (const [key, { value }] of this.#counters) values[key] = value;
    for (const [key, { scope, read }] of [...this.#gauges]) {
      const value = scope.run(`gauge ${key}`, read);
      if (value !== undefined) values[key] = value;
    }
    return values;
  }
}
