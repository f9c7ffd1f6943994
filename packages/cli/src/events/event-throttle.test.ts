import { expect, test } from 'vitest';
import { EventThrottle } from './event-throttle.js';

function makeThrottle() {
  const time = { nowMs: 0 };
  const throttle = new EventThrottle(() => time.nowMs);
  const take = (kind: string, count: number) => Array.from({ length: count }, () => throttle.take(kind));
  return { time, throttle, take };
}

test('five of a kind are told at once, then one every two seconds, which says how many were left out', () => {
  const { time, throttle, take } = makeThrottle();
  expect(take('a', 8)).toEqual([0, 0, 0, 0, 0, undefined, undefined, undefined]);
  expect(throttle.skippedCount).toBe(3);
  time.nowMs = 1_999;
  expect(throttle.take('a')).toBeUndefined();
  time.nowMs = 2_000;
  expect(take('a', 2)).toEqual([4, undefined]);
  expect(throttle.skippedCount).toBe(1);
});

test('a flood of one kind hides none of another', () => {
  const { take } = makeThrottle();
  take('flood', 1_000);
  expect(take('ban', 1)).toEqual([0]);
});

test('kinds without end share one bound', () => {
  const { take } = makeThrottle();
  const told = Array.from({ length: 1_000 }, (_, i) => take(`kind ${i}`, 1)[0]).filter((n) => n === 0);
  expect(told).toHaveLength(64 + 5);
});
