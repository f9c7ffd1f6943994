import { endpoint, InfoHash, StorageError } from '@peerloom/core';
import { expect, test } from 'vitest';
import { alertJson } from './alert-json.js';

const infoHash = InfoHash.fromBytes(new Uint8Array(20).fill(0xab));

test('endpoints, infohashes and errors become text', () => {
  const error = new StorageError('STORAGE_FULL', 'no space is left', 'a.bin');
  expect(alertJson({ type: 'torrentError', infoHash, error })).toEqual({
    ...{ type: 'torrentError', infoHash: 'ab'.repeat(20) },
    error: { code: 'STORAGE_FULL', message: 'no space is left' },
  });
  expect(
    alertJson({
      type: 'peerBanned',
      endpoint: endpoint('2001:db8::1', 6881),
      principal: undefined,
      reason: 'x',
      plugin: undefined,
      durationMs: -1,
    }),
  ).toMatchObject({ endpoint: '[2001:db8::1]:6881', reason: 'x' });
});

test('an error of something else has a code too', () => {
  const fault = {
    plugin: 'p',
    scope: 'peer',
    hook: 'onHave',
    infoHash,
    endpoint: undefined,
    action: 'peerClosed',
  } as const;
  expect(alertJson({ type: 'pluginFault', ...fault, error: new RangeError('out') })).toMatchObject({
    error: { code: 'UNEXPECTED', message: 'out' },
  });
});

test('what extensions post can be written, whatever it is', () => {
  const loop: Record<string, unknown> = {
    big: 2n ** 64n,
    bytes: Uint8Array.of(1, 255),
    list: [infoHash, null],
  };
  loop.self = loop;
  const json = alertJson({
    type: 'plugin',
    plugin: 'p',
    event: 'e',
    infoHash: undefined,
    endpoint: undefined,
    data: loop,
  });
  expect(JSON.parse(JSON.stringify(json))).toMatchObject({
    type: 'plugin',
    data: {
      big: '18446744073709551616',
      bytes: '01ff',
      list: ['ab'.repeat(20), null],
      self: { big: expect.anything() },
    },
  });
});
