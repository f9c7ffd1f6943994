import { describe, expect, it } from 'vitest';
import type { PluginIdentity } from '../plugin/identity.js';
import { madePlugin } from './made-plugin.js';
import { PluginScope } from './plugin-scope.js';

function scopeOf(identity: Partial<PluginIdentity>): { scope: PluginScope; warnings: string[] } {
  const warnings: string[] = [];
  const faults = {
    pluginFault() {},
    pluginWarning: (_scope: PluginScope, message: string) => {
      warnings.push(message);
    },
  };
  const full = { name: 'ex', apiVersion: 1, ...identity };
  return {
    scope: new PluginScope(full, 'torrent', 0, faults, { holds: 0, timers: 0, channels: 0 }),
    warnings,
  };
}

describe('what a create hook has returned', () => {
  it('is a plugin where it is an object', () => {
    const plugin = {};
    expect(madePlugin(scopeOf({}).scope, 'newConnection', plugin)).toBe(plugin);
  });

  it('is no interest where it is undefined or null', () => {
    expect(madePlugin(scopeOf({}).scope, 'newConnection', undefined)).toBeUndefined();
    expect(madePlugin(scopeOf({}).scope, 'newConnection', null)).toBeUndefined();
  });

  it('is a fault where it is anything else', () => {
    expect(() => madePlugin(scopeOf({}).scope, 'newTorrent', (() => 7) as object)).toThrow(
      expect.objectContaining({ code: 'PLUGIN_RETURN' }),
    );
  });

  it('is reported where it is a promise, and a fault of an extension that is required', () => {
    const thenable = Promise.resolve({});
    const { scope, warnings } = scopeOf({});
    expect(madePlugin(scope, 'newTorrent', thenable)).toBeUndefined();
    expect(warnings).toEqual(['newTorrent returned a promise; the hook is synchronous']);
    expect(() => madePlugin(scopeOf({ required: true }).scope, 'newTorrent', thenable)).toThrow(
      expect.objectContaining({ code: 'PLUGIN_PROMISE' }),
    );
  });
});
