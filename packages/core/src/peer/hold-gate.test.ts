import { describe, expect, it } from 'vitest';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { fakeScope } from '../dispatch/plugin-scope.fake.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import { HoldGate, type HoldOwner } from './hold-gate.js';

class Owner implements HoldOwner {
  released = 0;
  readonly failures: string[] = [];

  holdReleased(): void {
    this.released++;
  }

  holdFailed(scope: PluginScope, code: string, message: string): void {
    this.failures.push(`${scope.name} ${code} ${message}`);
  }
}

function setUp() {
  const clock = new ManualClock();
  const owner = new Owner();
  const gate = new HoldGate(owner, clock);
  gate.isWindowOpen = true;
  return { clock, owner, gate, scope: fakeScope('auth') };
}

const options = { reason: 'who are you', channels: [] };

describe('holds of a connection', () => {
  it('end with the last release, once', () => {
    const { gate, owner, scope, clock } = setUp();
    const other = fakeScope('quota');
    const first = gate.hold(scope, options);
    const second = gate.hold(other, options);
    expect(gate.isHeld).toBe(true);
    expect([gate.isHolder(scope), gate.isHolder(fakeScope('third'))]).toEqual([true, false]);
    first.release();
    first.release();
    expect([first.isReleased, second.isReleased]).toEqual([true, false]);
    expect([gate.isHeld, owner.released]).toEqual([true, 0]);
    expect(gate.isHolder(scope)).toBe(false);
    second.release();
    second.release();
    expect([gate.isHeld, owner.released]).toEqual([false, 1]);
    expect([scope.usage.holds, other.usage.holds, clock.timerCount]).toEqual([0, 0, 0]);
    scope.close();
    expect(owner.failures).toEqual([]);
  });

  it('are legal in their window only', () => {
    const { gate, scope } = setUp();
    gate.isWindowOpen = false;
    expect(() => gate.hold(scope, options)).toThrow(
      expect.objectContaining({ code: 'PLUGIN_HOLD_TOO_LATE' }),
    );
    expect([gate.isHeld, scope.usage.holds]).toEqual([false, 0]);
  });

  it('have a deadline from when the stream is open, of ten seconds where none is said', () => {
    const { gate, owner, scope, clock } = setUp();
    gate.hold(scope, options);
    clock.advance(60_000);
    gate.start();
    clock.advance(9_999);
    expect(owner.failures).toEqual([]);
    clock.advance(1);
    expect(owner.failures).toEqual(['auth PEER_HOLD_TIMEOUT held too long: who are you']);
    expect([owner.released, scope.usage.holds]).toEqual([0, 0]);
    gate.hold(scope, { ...options, deadlineMs: 50 });
    clock.advance(50);
    expect(owner.failures).toHaveLength(2);
    for (const deadlineMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => gate.hold(scope, { ...options, deadlineMs })).toThrow(
        expect.objectContaining({ code: 'PLUGIN_HOLD_DEADLINE' }),
      );
    }
    expect(gate.isHeld).toBe(false);
  });

  it('fail where the plugin leaves with one open', () => {
    const { gate, owner, scope, clock } = setUp();
    const hold = gate.hold(scope, options);
    scope.close();
    expect(owner.failures).toEqual(['auth PEER_HOLD_ABANDONED its holder left: who are you']);
    hold.release();
    expect([owner.released, clock.timerCount, scope.usage.holds]).toEqual([0, 0, 0]);
  });

  it('end in silence with the connection', () => {
    const { gate, owner, scope, clock } = setUp();
    const hold = gate.hold(scope, options);
    gate.clear();
    scope.close();
    clock.advance(60_000);
    hold.release();
    expect([owner.released, owner.failures.length, scope.usage.holds]).toEqual([0, 0, 0]);
  });

  it('are strict as long as a strict one is open', () => {
    const { gate, scope } = setUp();
    const lax = gate.hold(scope, options);
    expect(gate.isStrict).toBe(false);
    const strict = gate.hold(scope, { ...options, strict: true });
    expect(gate.isStrict).toBe(true);
    strict.release();
    expect(gate.isStrict).toBe(false);
    lax.release();
  });

  it('let their own channels through, also of one that has been released: the remote may not be as far', () => {
    const { gate, scope } = setUp();
    const first = gate.hold(scope, { ...options, channels: [{ name: 'x_auth', localId: 3 }] });
    gate.hold(scope, options);
    first.release();
    expect([gate.allowsChannel(3), gate.allowsChannel(4)]).toEqual([true, false]);
  });
});
