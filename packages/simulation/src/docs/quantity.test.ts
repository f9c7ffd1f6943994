import { describe, expect, it } from 'vitest';
import { formatQuantity, formatRange } from './quantity.js';

describe('formatQuantity', () => {
  it.each([
    [0, 'bytes', '0 bytes'],
    [48 * 2 ** 20, 'bytes', '48 MiB'],
    [1_500_000, 'bytes', '1 500 000 bytes'],
    [1_024 * 2 ** 20, 'bytes', '1 GiB'],
    [1, 'torrents', '1 torrent'],
    [1, 'dials a second', '1 dial a second'],
    [1, 'ms', '1 ms'],
    [0, 'ms', '0 ms'],
    [100, 'ms', '100 ms'],
    [100_000, 'ms', '100 s'],
    [120_000, 'ms', '2 min'],
    [86_400_000, 'ms', '24 h'],
    [65_535, 'connections', '65 535 connections'],
  ])('%d %s is %s', (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text);
  });
});

describe('formatRange', () => {
  it.each([
    [1, 1_000, 'torrents', '1 – 1 000 torrents'],
    [0, 600_000, 'ms', '0 ms – 10 min'],
    [16 * 1024, 2 ** 20, 'bytes', '16 KiB – 1 MiB'],
    [8, 8, 'characters', '8 characters'],
  ])('%d to %d %s is %s', (min, max, unit, text) => {
    expect(formatRange(min, max, unit)).toBe(text);
  });
});
