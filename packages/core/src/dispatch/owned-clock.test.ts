import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.fake.js';
import { OwnedClock } from './owned-clock.js';
import { FaultRecorder, fakeScope } from './plugin-scope.fake.js';

function setUp() {
  const inner = new ManualClock();
  const faults = new FaultRecorder();
  const scope = fakeScope('a', { faults });
  return { inner, faults, scope, clock: new OwnedClock(inner, scope) };
}

describe("a plugin's clock", () => {
  it('tells the time of the engine', () => {
    const { inner, clock } = setUp();
    inner.advance(5);
    expect([clock.now(), clock.wallTimeMs()]).toEqual([inner.now(), inner.wallTimeMs()]);
  });

  it('counts timers until they have fired or were cleared', () => {
    const { inner, clock, scope } = setUp();
    const calls: string[] = [];
    clock.setTimeout(() => calls.push('timeout'), 10);
    const cleared = clock.setTimeout(() => calls.push('cleared'), 10);
    clock.setImmediate(() => calls.push('immediate'));
    const interval = clock.setInterval(() => calls.push('interval'), 10);
    expect(scope.usage.timers).toBe(4);
    clock.clear(cleared);
    clock.clear(cleared);
    expect(scope.usage.timers).toBe(3);
    inner.advance(20);
    expect(calls).toEqual(['immediate', 'timeout', 'interval', 'interval']);
    expect(scope.usage.timers).toBe(1);
    clock.clear(interval);
    expect(scope.usage.timers).toBe(0);
    expect(inner.timerCount).toBe(0);
  });

  it('stops with the plugin, and starts nothing after it', () => {
    const { inner, clock, scope } = setUp();
    let calls = 0;
    clock.setTimeout(() => calls++, 10);
    clock.setInterval(() => calls++, 10);
    clock.setImmediate(() => calls++);
    scope.close();
    expect(inner.timerCount).toBe(0);
    expect(scope.usage.timers).toBe(0);
    inner.advance(100);
    expect(calls).toBe(0);
    const closed = expect.objectContaining({ code: 'PLUGIN_CONTEXT_CLOSED' });
    expect(() => clock.setTimeout(() => {}, 1)).toThrow(closed);
    expect(() => clock.setInterval(() => {}, 1)).toThrow(closed);
    expect(() => clock.setImmediate(() => {})).toThrow(closed);
  });

  it('takes what a timer throws for a fault, and an interval goes on', () => {
    const { inner, clock, faults } = setUp();
    clock.setInterval(() => {
      throw new Error('broken');
    }, 10);
    inner.advance(20);
    expect(faults.faults.map(({ hook }) => hook)).toEqual(['timer', 'timer']);
  });

  it('lets a timer clear itself and close its own scope', () => {
    const { inner, clock, scope } = setUp();
    const handle = clock.setInterval(() => clock.clear(handle), 10);
    clock.setTimeout(() => scope.close(), 20);
    inner.advance(100);
    expect(scope.usage.timers).toBe(0);
    expect(inner.timerCount).toBe(0);
  });
});
