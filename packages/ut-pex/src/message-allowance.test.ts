import { expect, it } from 'vitest';
import { MessageAllowance } from './message-allowance.js';

/** How many of messages that come at these times are too many. */
function excess(timesMs: readonly number[]): number {
  const allowance = new MessageAllowance(0);
  return timesMs.filter((timeMs) => !allowance.take(timeMs)).length;
}

it('allows a message a minute for ever, late and early ones included', () => {
  expect(excess(Array.from({ length: 600 }, (_, i) => i * 60_000 + (i % 2) * 20_000))).toBe(0);
});

it('allows what has gathered while a connection stood still for minutes', () => {
  expect(excess([0, ...Array.from({ length: 5 }, () => 300_000), 360_000])).toBe(0);
});

it('allows no more than that at once, and no more than two a minute', () => {
  expect(excess(Array.from({ length: 7 }, () => 0))).toBe(1);
  expect(excess(Array.from({ length: 60 }, (_, i) => i * 20_000))).toBeGreaterThan(0);
});
