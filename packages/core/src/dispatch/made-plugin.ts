import { PluginError } from '../common/errors.js';
import { isThenable, type PluginScope, watchPromise } from './plugin-scope.js';

/**
 * What a `create` hook has returned, as a plugin: `undefined` where it is not interested. A promise is
 * reported, and counts as not interested; from a required extension it throws `PLUGIN_PROMISE`. Anything else
 * that is no object throws `PLUGIN_RETURN`.
 */
export function madePlugin<P extends object>(
  scope: PluginScope,
  hook: string,
  value: P | null | undefined,
): P | undefined {
  if (value === undefined || value === null) return undefined;
  if (isThenable(value)) {
    watchPromise(scope, hook, value);
    if (!scope.isRequired) return undefined;
    throw new PluginError('PLUGIN_PROMISE', `${hook} of a required extension returned a promise`);
  }
  if (typeof value === 'object') return value;
  throw new PluginError('PLUGIN_RETURN', `${hook} returned a ${typeof value} in place of a plugin`);
}
