import { expect, test } from 'vitest';
import { RateWindow } from './rate-window.js';

test('one sample makes no rate', () => {
  expect(new RateWindow().sample(5_000, 1_000_000)).toBe(0);
});

test('the rate is that of the time since the first sample, while that is short', () => {
  const rate = new RateWindow();
  rate.sample(0, 0);
  expect(rate.sample(200, 100)).toBe(500);
  expect(rate.sample(400, 400)).toBe(1_000);
});

test('what was longer ago than a second does not count', () => {
  const rate = new RateWindow();
  rate.sample(0, 0);
  rate.sample(1_000, 9_000);
  expect(rate.sample(2_000, 9_500)).toBe(500);
  expect(rate.sample(3_000, 9_500)).toBe(0);
});
