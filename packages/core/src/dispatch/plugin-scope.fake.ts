import type { PluginScopeName } from '../alerts/alert.js';
import type { PluginIdentity } from '../plugin/identity.js';
import { type FaultHandler, PluginScope, rankOf } from './plugin-scope.js';

/** Writes faults and warnings down. */
export class FaultRecorder implements FaultHandler {
  readonly faults: { readonly plugin: string; readonly hook: string; readonly error: unknown }[] = [];
  readonly warnings: string[] = [];

  pluginFault(scope: PluginScope, hook: string, error: unknown): void {
    this.faults.push({ plugin: scope.name, hook, error });
  }

  pluginWarning(_scope: PluginScope, message: string): void {
    this.warnings.push(message);
  }
}

/** A scope of a plugin that exists in a test only. */
export function fakeScope(
  name: string,
  options: {
    readonly identity?: Partial<PluginIdentity>;
    readonly level?: PluginScopeName;
    readonly sequence?: number;
    readonly faults?: FaultHandler;
  } = {},
): PluginScope {
  const { level = 'peer', sequence = 0, faults = new FaultRecorder() } = options;
  const identity = { name, apiVersion: 1, ...options.identity };
  const usage = { holds: 0, timers: 0, channels: 0 };
  return new PluginScope(identity, level, rankOf(identity, false, sequence), faults, usage);
}
