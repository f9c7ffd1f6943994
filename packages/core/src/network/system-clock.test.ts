import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from './system-clock.js';

describe('SystemClock', () => {
  const clock = new SystemClock();

  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance', 'Date'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('reads a monotonic clock that does not follow the wall clock', () => {
    const start = clock.now();
    vi.setSystemTime(new Date('2030-01-01T00:00:00Z'));
    expect(clock.wallTimeMs()).toBe(Date.UTC(2030, 0, 1));
    expect(clock.now()).toBe(start);
    vi.advanceTimersByTime(250);
    expect(clock.now()).toBe(start + 250);
  });

  it('calls back once, after the delay', () => {
    const callback = vi.fn();
    clock.setTimeout(callback, 100);
    vi.advanceTimersByTime(99);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(1000);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('is never early, even where the timer below it is', () => {
    const callback = vi.fn();
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    clock.setTimeout(callback, 10.5);
    now.mockReturnValue(1010.4);
    vi.advanceTimersByTime(11);
    expect(callback).not.toHaveBeenCalled();
    now.mockReturnValue(1011);
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
    now.mockRestore();
  });

  it('waits longer than 2^31 ms where asked to', () => {
    const callback = vi.fn();
    const delayMs = 2 ** 31 + 5000;
    clock.setTimeout(callback, delayMs);
    vi.advanceTimersByTime(delayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('repeats in step with its start, however late single calls are', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const delays = vi.spyOn(globalThis, 'setTimeout');
    const callback = vi.fn();
    clock.setInterval(callback, 100);
    for (const lateMs of [107, 230, 301, 400]) {
      now.mockReturnValue(lateMs);
      vi.advanceTimersToNextTimer();
    }
    expect(callback).toHaveBeenCalledTimes(4);
    expect(delays.mock.calls.map(([, delayMs]) => delayMs)).toEqual([100, 93, 70, 99, 100]);
    vi.restoreAllMocks();
  });

  it('leaves out periods that were missed', () => {
    const callback = vi.fn();
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    clock.setInterval(callback, 100);
    now.mockReturnValue(350);
    vi.advanceTimersByTime(100);
    expect(callback).toHaveBeenCalledTimes(1);
    now.mockReturnValue(399);
    vi.advanceTimersByTime(49);
    expect(callback).toHaveBeenCalledTimes(1);
    now.mockReturnValue(400);
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(2);
    now.mockRestore();
  });

  it('goes on with an interval whose callback throws', () => {
    let calls = 0;
    clock.setInterval(() => {
      calls++;
      throw new Error('mine');
    }, 10);
    expect(() => vi.advanceTimersByTime(10)).toThrow('mine');
    expect(() => vi.advanceTimersByTime(10)).toThrow('mine');
    expect(calls).toBe(2);
  });

  it('runs an immediate before timers, in a later turn', () => {
    const order: string[] = [];
    clock.setTimeout(() => order.push('timeout'), 1);
    clock.setImmediate(() => order.push('immediate'));
    expect(order).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(order).toEqual(['immediate', 'timeout']);
  });

  it('cancels each kind, at any time and any number of times', () => {
    const callback = vi.fn();
    const handles = [
      clock.setTimeout(callback, 10),
      clock.setInterval(callback, 10),
      clock.setImmediate(callback),
    ];
    for (const handle of [...handles, ...handles]) clock.clear(handle);
    vi.advanceTimersByTime(100);
    expect(callback).not.toHaveBeenCalled();

    const fired = clock.setTimeout(callback, 10);
    vi.advanceTimersByTime(10);
    clock.clear(fired);
    clock.clear(fired);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('lets an interval cancel itself from its own callback', () => {
    let calls = 0;
    const handle = clock.setInterval(() => {
      calls++;
      clock.clear(handle);
    }, 10);
    vi.advanceTimersByTime(100);
    expect(calls).toBe(1);
  });
});

it('keeps no process alive', () => {
  const clock = new SystemClock();
  const held = () => process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate/.test(kind)).length;
  const before = held();
  const handles = [clock.setTimeout(() => undefined, 1e9), clock.setInterval(() => undefined, 1e9)];
  expect(held()).toBe(before);
  const ours = setTimeout(() => undefined, 1e9);
  expect(held()).toBe(before + 1);
  clearTimeout(ours);
  for (const handle of handles) clock.clear(handle);
});

it('holds the loop for an immediate, which would else wait until something else happens', () => {
  const clock = new SystemClock();
  const held = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Immediate').length;
  const before = held();
  const handle = clock.setImmediate(() => undefined);
  expect(held()).toBe(before + 1);
  clock.clear(handle);
  expect(held()).toBe(before);
});
