import { parseEndpoint } from '@peerloom/core';
import { expect, test } from 'vitest';
import { ProcessNames } from './process-names.js';

const idOf = (digit: string): string => digit.repeat(40);

test('a process is known by the peer id that was met where it listens', () => {
  const names = new ProcessNames();
  names.listens('seed', parseEndpoint('127.0.0.1:1001'));
  names.listens('leech', parseEndpoint('127.0.0.1:1002'));
  names.met(parseEndpoint('127.0.0.1:1001'), idOf('a'));
  names.met(parseEndpoint('127.0.0.1:50000'), idOf('c'));
  expect(names.of(idOf('a'))).toBe('seed');
});

test('the only one that nobody has met is whoever is not known; of two, nobody can tell', () => {
  const names = new ProcessNames();
  names.listens('seed', parseEndpoint('127.0.0.1:1001'));
  names.listens('leech', parseEndpoint('127.0.0.1:1002'));
  expect(names.of(idOf('b'))).toBeUndefined();
  names.met(parseEndpoint('127.0.0.1:1001'), idOf('a'));
  expect(names.of(idOf('b'))).toBe('leech');
  expect(names.of('127.0.0.1:50000')).toBeUndefined();
});

test('one that was started again is met anew, and its former peer id is still its own', () => {
  const names = new ProcessNames();
  names.listens('seed', parseEndpoint('127.0.0.1:1001'));
  names.listens('leech', parseEndpoint('127.0.0.1:1002'));
  names.met(parseEndpoint('127.0.0.1:1001'), idOf('a'));
  names.met(parseEndpoint('127.0.0.1:1002'), idOf('b'));
  names.listens('leech', parseEndpoint('127.0.0.1:1003'));
  expect([names.of(idOf('b')), names.of(idOf('c'))]).toEqual(['leech', 'leech']);
});

test('one may be met before it is known to listen', () => {
  const names = new ProcessNames();
  names.listens('seed', parseEndpoint('127.0.0.1:1001'));
  names.met(parseEndpoint('127.0.0.1:1002'), idOf('b'));
  names.listens('leech', parseEndpoint('127.0.0.1:1002'));
  expect(names.of(idOf('b'))).toBe('leech');
});
