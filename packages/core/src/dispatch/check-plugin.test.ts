import { describe, expect, it } from 'vitest';
import type { PluginIdentity } from '../plugin/identity.js';
import { checkIdentity, unknownHookNames, warnOfUnknownHooks } from './check-plugin.js';
import { FaultRecorder, fakeScope } from './plugin-scope.fake.js';

function codeOf(identity: object): unknown {
  try {
    checkIdentity(identity as PluginIdentity);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

describe('what an extension says of itself', () => {
  it('is a name of 1 to 64 characters of a small set', () => {
    for (const name of ['a', '@scope/ex_peers-2.0', 'x'.repeat(64)]) {
      expect(codeOf({ name, apiVersion: 1 })).toBeUndefined();
    }
    for (const name of ['', 'x'.repeat(65), 'with space', 'näme', 'a\n', undefined, 5]) {
      expect(codeOf({ name, apiVersion: 1 })).toBe('PLUGIN_NAME');
    }
  });

  it('is the version of the interface it was written for', () => {
    for (const apiVersion of [0, 2, undefined, '1']) {
      expect(codeOf({ name: 'a', apiVersion })).toBe('PLUGIN_API_VERSION');
    }
  });

  it('is an order that exists', () => {
    expect(codeOf({ name: 'a', apiVersion: 1, order: 'pre' })).toBeUndefined();
    expect(codeOf({ name: 'a', apiVersion: 1, order: 'post' })).toBeUndefined();
    expect(codeOf({ name: 'a', apiVersion: 1, order: 'first' })).toBe('PLUGIN_ORDER');
  });
});

describe('methods that look like hooks', () => {
  class Base {
    onHaev(): void {}
    sentPiece(): void {}
  }
  class Plugin extends Base {
    readonly onPiec = (): void => {};
    readonly onlyData = 5;
    readonly onSetting = 'text';
    onPiece(): void {}
    once(): void {}
    get onTrap(): never {
      throw new Error('a getter is not to be called');
    }
  }

  it('are found in the object and what it inherits, and nothing else is', () => {
    expect(unknownHookNames(new Plugin(), ['onPiece', 'sentPiece']).sort()).toEqual(['onHaev', 'onPiec']);
    expect(unknownHookNames(Object.create(null), [])).toEqual([]);
  });

  it('are reported once an extension', () => {
    const faults = new FaultRecorder();
    const scope = fakeScope('a', { faults });
    warnOfUnknownHooks(scope, new Plugin(), ['onPiece', 'sentPiece']);
    warnOfUnknownHooks(scope, new Plugin(), ['onPiece', 'sentPiece']);
    expect(faults.warnings.sort()).toEqual([
      "'onHaev' is not a hook of a peer plugin; it is never called",
      "'onPiec' is not a hook of a peer plugin; it is never called",
    ]);
  });
});
