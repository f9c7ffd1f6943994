import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from './format.js';

test('bytes have about three digits, in binary units', () => {
  const amounts = [
    0,
    999,
    1_023,
    1_024,
    1_536,
    102_348,
    1_048_000,
    1_048_576,
    460 * 2 ** 20,
    2 ** 50,
    5_000 * 2 ** 50,
  ];
  expect(amounts.map(formatBytes)).toEqual([
    ...[
      '0 B',
      '999 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '99.9 KiB',
      '1023 KiB',
      '1.0 MiB',
      '460 MiB',
      '1.0 PiB',
    ],
    '5000 PiB',
  ]);
  expect(formatRate(2_048)).toBe('2.0 KiB/s');
});

test('durations have two units at most', () => {
  const seconds = [0, 0.25, 9.94, 9.96, 59.4, 59.6, 185, 3_599.7, 7_620, 86_400 * 3.2];
  expect(seconds.map((value) => formatDuration(value * 1000))).toEqual([
    ...['0.0s', '0.3s', '9.9s', '10s', '59s', '1m00s', '3m05s', '1h00m', '2h07m', '3d04h'],
  ]);
});

test('only all is 100%', () => {
  expect(
    [
      [0, 10],
      [1, 3],
      [99_999, 100_000],
      [10, 10],
    ].map(([part = 0, whole = 0]) => formatPercent(part, whole)),
  ).toEqual(['0.0%', '33.3%', '99.9%', '100%']);
});

test('one of a thing is said without an s', () => {
  expect([0, 1, 2].map((count) => formatCount(count, 'piece'))).toEqual(['0 pieces', '1 piece', '2 pieces']);
});
