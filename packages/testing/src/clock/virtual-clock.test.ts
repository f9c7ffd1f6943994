import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.js';

async function reactions(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

describe('VirtualClock', () => {
  it('lets no time pass by itself', async () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => {}, 5);
    await reactions(100);
    expect(clock.now()).toBe(0);
    expect(clock.pendingTimers).toBe(1);
  });

  it('fires in order of time, then of being set', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push(`b@${clock.now()}`), 20);
    clock.setTimeout(() => fired.push(`c@${clock.now()}`), 20);
    clock.setTimeout(() => fired.push(`a@${clock.now()}`), 10);
    await clock.advance(20);
    expect(fired).toEqual(['a@10', 'b@20', 'c@20']);
  });

  it('fires what is due at the end of an advance, and nothing later', async () => {
    const clock = new VirtualClock();
    let fired = 0;
    clock.setTimeout(() => fired++, 10);
    clock.setTimeout(() => fired++, 10.5);
    await clock.advance(10);
    expect(fired).toBe(1);
    expect(clock.now()).toBe(10);
  });

  it('fires an immediate after what is at hand and before any later timer', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => {
      fired.push('first');
      clock.setImmediate(() => fired.push('immediate'));
    }, 10);
    clock.setTimeout(() => fired.push('same time'), 10);
    clock.setTimeout(() => fired.push('later'), 10.001);
    await clock.advance(11);
    expect(fired).toEqual(['first', 'same time', 'immediate', 'later']);
  });

  it('runs promise chains of any depth between two events', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => {
      void reactions(1000).then(() => fired.push('chain'));
    }, 1);
    clock.setTimeout(() => fired.push('next event'), 1);
    await clock.advance(1);
    expect(fired).toEqual(['chain', 'next event']);
  });

  it('counts a timer set by a promise chain as set at that instant', async () => {
    const clock = new VirtualClock();
    const firedAt: number[] = [];
    clock.setTimeout(() => {
      void reactions(10).then(() => clock.setTimeout(() => firedAt.push(clock.now()), 5));
    }, 1);
    await clock.advance(100);
    expect(firedAt).toEqual([6]);
  });

  it('repeats an interval without drift until it is cleared, also from inside', async () => {
    const clock = new VirtualClock();
    const firedAt: number[] = [];
    const handle = clock.setInterval(() => {
      firedAt.push(clock.now());
      if (firedAt.length === 3) clock.clear(handle);
    }, 10);
    await clock.advance(100);
    expect(firedAt).toEqual([10, 20, 30]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('clears timers of the present instant too, and ignores handles that fired', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const first = clock.setTimeout(() => {
      fired.push('first');
      clock.clear(second);
      clock.clear(immediate);
    }, 0);
    const second = clock.setTimeout(() => fired.push('second'), 1);
    const immediate = clock.setImmediate(() => fired.push('immediate'));
    await clock.advance(5);
    clock.clear(first);
    expect(fired).toEqual(['first']);
  });

  it('settles the present instant without letting time pass', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setImmediate(() => clock.setImmediate(() => fired.push('nested')));
    clock.setTimeout(() => fired.push('later'), 1);
    await clock.settle();
    expect(fired).toEqual(['nested']);
    expect(clock.now()).toBe(0);
  });

  it('runs until a condition holds and stops at once', async () => {
    const clock = new VirtualClock();
    let count = 0;
    clock.setInterval(() => count++, 10);
    await clock.runUntil(() => count === 3, { timeoutMs: 1000 });
    expect(clock.now()).toBe(30);
    expect(count).toBe(3);
  });

  it('says what it waited for, and until when, where a condition never holds', async () => {
    const clock = new VirtualClock();
    await clock.advance(5);
    clock.setInterval(() => {}, 10);
    const waiting = clock.runUntil(() => false, { timeoutMs: 1000, what: 'a miracle' });
    await expect(waiting).rejects.toMatchObject({
      code: 'TESTING_TIMEOUT',
      message: 'waited 1000 ms of virtual time for a miracle; at 1005 ms 1 timers were pending',
    });
    expect(clock.now()).toBe(1005);
  });

  it('goes on while anybody waits, and ends each wait at its own time', async () => {
    const clock = new VirtualClock();
    const ended: string[] = [];
    let flag = false;
    clock.setTimeout(() => {
      flag = true;
    }, 30);
    await Promise.all([
      clock.advance(50).then(() => ended.push(`long@${clock.now()}`)),
      clock.advance(20).then(() => ended.push(`short@${clock.now()}`)),
      clock.runUntil(() => flag, { timeoutMs: 100 }).then(() => ended.push(`flag@${clock.now()}`)),
    ]);
    expect(ended).toEqual(['short@20', 'flag@30', 'long@50']);
  });

  it('lets whoever waited go on before the next event', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    let flag = false;
    clock.setTimeout(() => {
      flag = true;
    }, 1);
    clock.setTimeout(() => log.push('next event'), 1);
    const rest = clock.advance(10);
    await clock.runUntil(() => flag, { timeoutMs: 10 });
    log.push('waiter');
    await rest;
    expect(log).toEqual(['waiter', 'next event']);
  });

  it('gives what a callback throws to whoever runs the clock, and can go on', async () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.setTimeout(() => {
      throw new Error('broken');
    }, 1);
    clock.setTimeout(() => {
      fired = true;
    }, 2);
    await expect(clock.advance(5)).rejects.toThrow('broken');
    expect(fired).toBe(false);
    await clock.advance(5);
    expect(fired).toBe(true);
  });

  it('refuses to run for a time that makes no sense', async () => {
    const clock = new VirtualClock();
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => clock.advance(ms)).toThrow(/cannot run the clock/);
    }
  });

  it('has a wall time of its own that can jump', async () => {
    const clock = new VirtualClock({ wallTimeMs: 1_000_000 });
    await clock.advance(500);
    expect(clock.wallTimeMs()).toBe(1_000_500);
    clock.setWallTimeMs(7);
    expect(clock.wallTimeMs()).toBe(7);
    await clock.advance(1);
    expect([clock.wallTimeMs(), clock.now()]).toEqual([8, 501]);
  });

  it('fires as a sorted list would, whatever is set and cleared', async () => {
    const plan = fc.array(fc.record({ delayMs: fc.integer({ min: 0, max: 30 }), isCleared: fc.boolean() }), {
      maxLength: 200,
    });
    await fc.assert(
      fc.asyncProperty(plan, async (timers) => {
        const clock = new VirtualClock();
        const fired: number[] = [];
        const handles = timers.map(({ delayMs }, i) => clock.setTimeout(() => fired.push(i), delayMs));
        handles.forEach((handle, i) => {
          if (timers[i]?.isCleared) clock.clear(handle);
        });
        await clock.advance(30);
        const expected = timers
          .map((timer, i) => ({ ...timer, i }))
          .filter(({ isCleared }) => !isCleared)
          .sort((a, b) => a.delayMs - b.delayMs || a.i - b.i)
          .map(({ i }) => i);
        expect(fired).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the order of many timers of which most are cleared', async () => {
    const clock = new VirtualClock();
    const firedAt: number[] = [];
    const handles = Array.from({ length: 50_000 }, (_, i) =>
      clock.setTimeout(() => firedAt.push(clock.now()), (i * 7919) % 10_007),
    );
    const kept = handles.filter((handle, i) => {
      if (i % 10 !== 0) clock.clear(handle);
      return i % 10 === 0;
    });
    expect(clock.pendingTimers).toBe(kept.length);
    await clock.advance(10_007);
    expect(firedAt).toHaveLength(kept.length);
    expect(firedAt).toEqual([...firedAt].sort((a, b) => a - b));
    expect(clock.eventCount).toBe(kept.length);
    expect(clock.pendingTimers).toBe(0);
  });
});
