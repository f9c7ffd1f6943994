import { endpoint, type KnownPeer } from '@peerloom/core';
import { expect, test } from 'vitest';
import { isHopeless } from './hopeless.js';

function peer(failureCount: number, isConnected = false): KnownPeer {
  return { endpoint: endpoint('192.0.2.1', 1), source: 'manual', flags: {}, isConnected, failureCount };
}

test('as long as one peer is connected, or will be tried again, there is hope', () => {
  expect(isHopeless([peer(4), peer(0, true)], 3)).toBe(false);
  expect(isHopeless([peer(4), peer(2)], 3)).toBe(false);
});

test('when each has failed too often, or there is none, there is none', () => {
  expect(isHopeless([peer(3), peer(7)], 3)).toBe(true);
  expect(isHopeless([], 3)).toBe(true);
});
