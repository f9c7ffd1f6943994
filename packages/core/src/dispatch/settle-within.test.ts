import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.fake.js';
import { settleWithin } from './settle-within.js';

describe('waiting with a deadline', () => {
  it('is true where the promise settles in time, and leaves no timer', async () => {
    const clock = new ManualClock();
    expect(await settleWithin(clock, Promise.resolve(5), 100)).toBe(true);
    await undefined;
    expect(clock.timerCount).toBe(0);
  });

  it('is false at the deadline, and not before', async () => {
    const clock = new ManualClock();
    let result: boolean | undefined;
    const waiting = settleWithin(clock, new Promise(() => {}), 100).then((value) => {
      result = value;
    });
    clock.advance(99);
    await undefined;
    await undefined;
    expect(result).toBeUndefined();
    clock.advance(1);
    await waiting;
    expect(result).toBe(false);
  });

  it('rejects where the promise does', async () => {
    const clock = new ManualClock();
    await expect(settleWithin(clock, Promise.reject(new Error('broken')), 100)).rejects.toThrow('broken');
  });
});
