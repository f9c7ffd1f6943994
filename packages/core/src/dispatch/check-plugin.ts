import { PluginError } from '../common/errors.js';
import { type PluginIdentity, pluginApiVersion } from '../plugin/identity.js';
import { type PluginScope, warnOnce } from './plugin-scope.js';

/**
 * Checks what an extension says of itself. Throws `PLUGIN_NAME`, `PLUGIN_API_VERSION`, `PLUGIN_ORDER`.
 */
export function checkIdentity(identity: PluginIdentity): void {
  if ((typeof identity !== 'object' && typeof identity !== 'function') || identity === null) {
    throw new PluginError('PLUGIN_NAME', `an extension is an object or a factory, not ${String(identity)}`);
  }
  const { name, apiVersion, order } = identity;
  if (typeof name !== 'string' || !/^[A-Za-z0-9_.@/-]{1,64}$/.test(name)) {
    throw new PluginError(
      'PLUGIN_NAME',
      `an extension needs a name of 1 to 64 characters of A-Z a-z 0-9 _ . @ / -, not '${String(name).slice(0, 80)}'`,
    );
  }
  if (apiVersion !== pluginApiVersion) {
    throw new PluginError(
      'PLUGIN_API_VERSION',
      `extension '${name}' is written for plugin API ${String(apiVersion)}; this is ${pluginApiVersion}`,
    );
  }
  if (order !== undefined && order !== 'pre' && order !== 'post') {
    throw new PluginError('PLUGIN_ORDER', `extension '${name}': order is 'pre' or 'post'`);
  }
}

/**
 * Methods of a plugin object that look like hooks and are none: misspelt, most likely.
 */
export function unknownHookNames(plugin: object, hooks: readonly string[]): string[] {
  const unknown = new Set<string>();
  for (
    let level: object | null = plugin;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (!/^(on|sent)[A-Z]/.test(name) || hooks.includes(name)) continue;
      const value = Object.getOwnPropertyDescriptor(level, name)?.value;
      if (typeof value === 'function') unknown.add(name);
    }
  }
  return [...unknown];
}

/** Reports what {@link unknownHookNames} finds, once an extension. */
export function warnOfUnknownHooks(scope: PluginScope, plugin: object, hooks: readonly string[]): void {
  for (const name of unknownHookNames(plugin, hooks)) {
    warnOnce(scope, `'${name}' is not a hook of a ${scope.level} plugin; it is never called`);
  }
}
