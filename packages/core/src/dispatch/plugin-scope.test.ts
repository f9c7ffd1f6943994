import { describe, expect, it } from 'vitest';
import { FaultRecorder, fakeScope } from './plugin-scope.fake.js';
import { rankOf } from './plugin-scope.js';

describe('what a plugin owns', () => {
  it('ends last first, once, when its scope closes', () => {
    const scope = fakeScope('a');
    const ended: number[] = [];
    scope.own(() => ended.push(1));
    const disown = scope.own(() => ended.push(2));
    scope.own(() => ended.push(3));
    disown();
    expect(ended).toEqual([]);
    scope.close();
    scope.close();
    disown();
    expect(ended).toEqual([3, 1]);
  });

  it('ends at once where the scope is closed already', () => {
    const scope = fakeScope('a');
    scope.close();
    let ended = 0;
    scope.own(() => ended++);
    expect(ended).toBe(1);
  });

  it('outlives `leave`, which only keeps hooks from being called', () => {
    const scope = fakeScope('a');
    let ended = 0;
    scope.own(() => ended++);
    scope.leave();
    expect([scope.hasLeft, scope.isClosed, ended]).toEqual([true, false, 0]);
    expect(scope.run('timer', () => 5)).toBe(5);
    scope.close();
    expect([scope.hasLeft, scope.isClosed, ended]).toEqual([true, true, 1]);
  });
});

describe('a callback of a plugin', () => {
  it('that throws is a fault of the plugin', () => {
    const faults = new FaultRecorder();
    const scope = fakeScope('a', { faults });
    const error = new Error('broken');
    const fail = (): never => {
      throw error;
    };
    expect(scope.run('timer', fail)).toBeUndefined();
    expect(faults.faults).toEqual([{ plugin: 'a', hook: 'timer', error }]);
  });

  it('is not run once the scope is closed', () => {
    const scope = fakeScope('a');
    scope.close();
    let calls = 0;
    scope.run('timer', () => calls++);
    expect(calls).toBe(0);
  });

  it('that returns a promise is reported once an extension, whatever the scope', async () => {
    const faults = new FaultRecorder();
    const scope = fakeScope('a', { faults });
    const error = new Error('late');
    scope.run('timer', () => Promise.reject(error));
    scope.run('timer', () => Promise.resolve());
    expect(faults.warnings).toEqual(['timer returned a promise; the hook is synchronous']);
    await undefined;
    await undefined;
    expect(faults.faults).toEqual([{ plugin: 'a', hook: 'timer', error }]);
  });
});

describe('rank', () => {
  it('goes by order, then session before torrent, then age', () => {
    const identity = { name: 'a', apiVersion: 1 };
    const ranks = [
      rankOf({ ...identity, order: 'pre' }, false, 9),
      rankOf({ ...identity, order: 'pre' }, true, 1),
      rankOf(identity, false, 3),
      rankOf(identity, false, 2 ** 30),
      rankOf(identity, true, 2),
      rankOf({ ...identity, order: 'post' }, false, 5),
      rankOf({ ...identity, order: 'post' }, true, 4),
    ];
    expect([...ranks].sort((a, b) => a - b)).toEqual(ranks);
    expect(new Set(ranks).size).toBe(ranks.length);
  });
});
