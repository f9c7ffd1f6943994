import { describe, expect, it } from 'vitest';
import type { PluginIdentity } from '../plugin/identity.js';
import { type HookEntry, HookHost } from './hook-host.js';
import { FaultRecorder, fakeScope } from './plugin-scope.fake.js';

interface Plugin {
  onPing?(value: number): void;
  onAsk?(value: number): boolean | undefined;
  onFirst?(): string | undefined;
}

const error = new Error('broken plugin');

function setUp() {
  const host = new HookHost<Plugin>(['onPing', 'onAsk', 'onFirst']);
  const faults = new FaultRecorder();
  let sequence = 0;
  const add = (name: string, plugin: Plugin, identity: Partial<PluginIdentity> = {}): HookEntry<Plugin> => {
    const entry = { scope: fakeScope(name, { identity, sequence: sequence++, faults }), plugin };
    host.add(entry);
    return entry;
  };
  return { host, faults, add };
}

describe('the order of calls', () => {
  it('is pre, then none, then post, and among equals the order in which they came', () => {
    const { host, add } = setUp();
    const calls: string[] = [];
    for (const [name, order] of [
      ['a', 'post'],
      ['b', undefined],
      ['c', 'pre'],
      ['d', undefined],
      ['e', 'pre'],
    ] as const) {
      add(name, { onPing: (value) => calls.push(`${name}${value}`) }, order === undefined ? {} : { order });
    }
    host.notify('onPing', 7);
    expect(calls).toEqual(['c7', 'e7', 'b7', 'd7', 'a7']);
    expect(host.list('onPing').map(({ scope }) => scope.name)).toEqual(['c', 'e', 'b', 'd', 'a']);
  });

  it('leaves out who does not implement the hook', () => {
    const { host, add } = setUp();
    expect(host.has('onPing')).toBe(false);
    const entry = add('a', { onPing: () => {} });
    expect(host.has('onPing')).toBe(true);
    expect(host.has('onAsk')).toBe(false);
    expect(host.find('a')).toBe(entry);
    host.remove(entry);
    expect(host.has('onPing')).toBe(false);
    expect(host.find('a')).toBeUndefined();
  });

  it('calls a hook with its plugin as `this`', () => {
    const { host, add } = setUp();
    class Counting implements Plugin {
      sum = 0;
      onPing(value: number): void {
        this.sum += value;
      }
    }
    const plugin = new Counting();
    add('a', plugin);
    host.notify('onPing', 3);
    expect(plugin.sum).toBe(3);
  });
});

describe('who is called', () => {
  it('is nobody that left during the call, nor that came during it', () => {
    const { host, add } = setUp();
    const calls: string[] = [];
    const last: HookEntry<Plugin>[] = [];
    add('a', {
      onPing: () => {
        calls.push('a');
        if (calls.length > 1) return;
        host.remove(last[0] as HookEntry<Plugin>);
        last[0]?.scope.close();
        last[1]?.scope.leave();
        add('new', { onPing: () => calls.push('new') }, { order: 'post' });
      },
    });
    last.push(add('closed', { onPing: () => calls.push('closed') }));
    last.push(add('leaving', { onPing: () => calls.push('leaving') }));
    host.notify('onPing', 1);
    expect(calls).toEqual(['a']);
    host.notify('onPing', 2);
    expect(calls).toEqual(['a', 'a', 'new']);
  });

  it('is only whom the gate lets, for every kind of hook', () => {
    const { host, add } = setUp();
    const calls: string[] = [];
    for (const name of ['a', 'b']) {
      add(name, {
        onPing: () => calls.push(name),
        onAsk: () => name === 'b',
        onFirst: () => name,
      });
    }
    host.gate = ({ scope }) => scope.name === 'b';
    host.notify('onPing', 1);
    expect(calls).toEqual(['b']);
    expect(host.handledBy('onAsk', 1)?.scope.name).toBe('b');
    expect(host.allows('onAsk', 1)).toBe(true);
    expect(host.first('onFirst')).toBe('b');
    host.gate = undefined;
    expect(host.allows('onAsk', 1)).toBe(false);
    expect(host.first('onFirst')).toBe('a');
  });
});

describe('what hooks return', () => {
  it('ends the call at the first `true` where it may be handled', () => {
    const { host, add } = setUp();
    const calls: string[] = [];
    for (const [name, answer] of [
      ['a', undefined],
      ['b', false],
      ['c', true],
      ['d', true],
    ] as const) {
      add(name, {
        onAsk: () => {
          calls.push(name);
          return answer;
        },
      });
    }
    expect(host.handledBy('onAsk', 1)?.scope.name).toBe('c');
    expect(calls).toEqual(['a', 'b', 'c']);
    expect(host.handled('onAsk', 1)).toBe(true);
  });

  it('is a veto only where it is `false`', () => {
    const { host, add } = setUp();
    expect(host.allows('onAsk', 1)).toBe(true);
    add('a', { onAsk: () => undefined });
    add('b', { onAsk: () => true });
    expect(host.allows('onAsk', 1)).toBe(true);
    add('c', { onAsk: () => false });
    expect(host.allows('onAsk', 1)).toBe(false);
  });

  it('is taken from the first that says anything', () => {
    const { host, add } = setUp();
    expect(host.first('onFirst')).toBeUndefined();
    add('a', { onFirst: () => undefined });
    add('b', { onFirst: () => 'b' });
    add('c', { onFirst: () => 'c' });
    expect(host.first('onFirst')).toBe('b');
  });
});

describe('a hook that throws', () => {
  it('is a fault of its plugin, and the others are called all the same', () => {
    const { host, add, faults } = setUp();
    const calls: number[] = [];
    const fail = (): never => {
      throw error;
    };
    add('bad', { onPing: fail, onAsk: fail, onFirst: fail });
    add('good', { onPing: (value) => calls.push(value), onAsk: () => true, onFirst: () => 'good' });
    host.notify('onPing', 4);
    expect(calls).toEqual([4]);
    expect(host.handledBy('onAsk', 1)?.scope.name).toBe('good');
    expect(host.allows('onAsk', 1)).toBe(true);
    expect(host.first('onFirst')).toBe('good');
    expect(faults.faults.map(({ plugin, hook }) => `${plugin}.${hook}`)).toEqual([
      'bad.onPing',
      'bad.onAsk',
      'bad.onAsk',
      'bad.onFirst',
    ]);
    expect(faults.faults[0]?.error).toBe(error);
  });

  it('means no where its plugin is required', () => {
    const { host, add } = setUp();
    const fail = (): never => {
      throw error;
    };
    add('guard', { onAsk: fail, onFirst: fail }, { required: true });
    add('lax', { onAsk: () => true, onFirst: () => 'lax' });
    expect(host.allows('onAsk', 1)).toBe(false);
    expect(host.first('onFirst')).toBeUndefined();
    expect(host.handledBy('onAsk', 1)?.scope.name).toBe('lax');
  });
});

describe('a hook that returns a promise', () => {
  it('has said nothing; the author is told once, and its rejection is a fault', async () => {
    const { host, add, faults } = setUp();
    const plugin = {
      onAsk: () => Promise.reject(error),
      onFirst: () => Promise.resolve('late'),
    };
    add('async', plugin as object);
    expect(host.handled('onAsk', 1)).toBe(false);
    expect(host.handled('onAsk', 1)).toBe(false);
    expect(host.first('onFirst')).toBeUndefined();
    expect(faults.warnings).toEqual([
      'onAsk returned a promise; the hook is synchronous',
      'onFirst returned a promise; the hook is synchronous',
    ]);
    for (let i = 0; i < 4; i++) await undefined;
    expect(faults.faults.map(({ hook }) => hook)).toEqual(['onAsk', 'onAsk']);
  });
});
