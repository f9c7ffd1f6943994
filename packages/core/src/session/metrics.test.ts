import { describe, expect, it } from 'vitest';
import { FaultRecorder, fakeScope } from '../dispatch/plugin-scope.fake.js';
import { Metrics } from './metrics.js';

describe('metrics of plugins', () => {
  it('are counted by plugin and name, and a counter goes on where its plugin comes back', () => {
    const metrics = new Metrics();
    const scope = fakeScope('a');
    const counter = metrics.counter(scope, 'sent');
    counter.add();
    counter.add(4);
    counter.add(-3);
    expect(counter.value).toBe(5);
    metrics.counter(fakeScope('b'), 'sent').add(2);
    scope.close();
    metrics.counter(fakeScope('a'), 'sent').add();
    expect(metrics.read()).toEqual({ 'a.sent': 6, 'b.sent': 2 });
  });

  it('are read when asked for, until they are removed or the plugin leaves', () => {
    const metrics = new Metrics();
    const scope = fakeScope('a');
    let value = 1;
    const remove = metrics.gauge(scope, 'x', () => value);
    metrics.gauge(scope, 'y', () => 7);
    value = 3;
    expect(metrics.read()).toEqual({ 'a.x': 3, 'a.y': 7 });
    remove();
    expect(metrics.read()).toEqual({ 'a.y': 7 });
    scope.close();
    expect(metrics.read()).toEqual({});
  });

  it('are those of the newest gauge of a name, whoever removes the older', () => {
    const metrics = new Metrics();
    const scope = fakeScope('a');
    const remove = metrics.gauge(scope, 'x', () => 1);
    metrics.gauge(scope, 'x', () => 2);
    remove();
    expect(metrics.read()).toEqual({ 'a.x': 2 });
  });

  it('leave out a gauge that throws: that is a fault of its plugin', () => {
    const metrics = new Metrics();
    const faults = new FaultRecorder();
    const fail = (): never => {
      throw new Error('broken');
    };
    metrics.gauge(fakeScope('a', { faults }), 'x', fail);
    metrics.gauge(fakeScope('b'), 'x', () => 2);
    expect(metrics.read()).toEqual({ 'b.x': 2 });
    expect(faults.faults.map(({ hook }) => hook)).toEqual(['gauge a.x']);
  });

  it('are 256 a plugin', () => {
    const metrics = new Metrics();
    const scope = fakeScope('a');
    for (let i = 0; i < 128; i++) {
      metrics.counter(scope, `c${i}`);
      metrics.gauge(scope, `g${i}`, () => i);
    }
    const full = expect.objectContaining({ code: 'PLUGIN_METRICS' });
    expect(() => metrics.counter(scope, 'more')).toThrow(full);
    expect(() => metrics.gauge(scope, 'more', () => 0)).toThrow(full);
    expect(metrics.counter(scope, 'c5').value).toBe(0);
    expect(metrics.counter(fakeScope('ab'), 'more').value).toBe(0);
  });
});
