import { expect, test } from 'vitest';
import { parseByteRange } from './byte-range.js';

test.each([
  ['bytes=0-', { first: 0, last: 999 }],
  ['bytes=0-0', { first: 0, last: 0 }],
  ['bytes=10-19', { first: 10, last: 19 }],
  ['bytes=999-999', { first: 999, last: 999 }],
  ['bytes=990-5000', { first: 990, last: 999 }],
  ['bytes=-1', { first: 999, last: 999 }],
  ['bytes=-5000', { first: 0, last: 999 }],
  [' Bytes = 5 - 6 ', { first: 5, last: 6 }],
  ['bytes=0-99999999999999999999999999', { first: 0, last: 999 }],
])('%s of 1 000 bytes', (header, range) => {
  expect(parseByteRange(header, 1000)).toEqual(range);
});

test.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', 'bytes=99999999999999999999-'])(
  '%s lies outside of 1 000 bytes',
  (header) => {
    expect(parseByteRange(header, 1000)).toBe('unsatisfiable');
  },
);

test.each([
  undefined,
  '',
  'bytes',
  'bytes=',
  'bytes=-',
  'bytes=5-4',
  'bytes=a-b',
  'bytes=0x0-1',
  'items=0-1',
])('%s asks for no range that is understood: the whole is sent', (header) => {
  expect(parseByteRange(header, 1000)).toBeUndefined();
});

test('of several ranges none is taken: the whole is sent', () => {
  expect(parseByteRange('bytes=0-1,5-6', 1000)).toBeUndefined();
});

test('of an empty file no range can be had', () => {
  expect(parseByteRange('bytes=0-', 0)).toBe('unsatisfiable');
  expect(parseByteRange('bytes=-1', 0)).toBe('unsatisfiable');
});
