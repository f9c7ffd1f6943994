import { expect, test } from 'vitest';
import { parsePieceSize, parseRate, parseSeconds } from './quantities.js';

test('a piece size is bytes, KiB or MiB', () => {
  expect(['16384', '16KiB', '512KiB', '1MiB', '256MiB'].map(parsePieceSize)).toEqual([
    ...[16_384, 16_384, 524_288, 1_048_576, 268_435_456],
  ]);
});

test.for([
  '',
  '0',
  '16',
  '8KiB',
  '512MiB',
  '48KiB',
  '1.5MiB',
  '16kb',
  '16 KiB',
  '-16KiB',
  '1e6',
  '99999999999999',
])('a piece size is not %j', (text) => {
  expect(() => parsePieceSize(text)).toThrow(
    expect.objectContaining({ code: 'CLI_PIECE_SIZE', exitCode: 2 }),
  );
});

test('seconds may have decimals', () => {
  expect(['1', '0.25', '2000000'].map(parseSeconds('--timeout'))).toEqual([1_000, 250, 2_000_000_000]);
});

test.for(['', '0', '-1', '1s', '2000001', 'NaN', '1e3'])('seconds are not %j', (text) => {
  expect(() => parseSeconds('--timeout')(text)).toThrow(/^--timeout/);
});

test('a rate is bytes, KiB, MiB or GiB a second', () => {
  expect(['1024', '1KiB', '500KiB', '10MiB', '1GiB', '1024GiB'].map(parseRate('--limit-up'))).toEqual([
    ...[1_024, 1_024, 512_000, 10_485_760, 1_073_741_824, 1_099_511_627_776],
  ]);
});

test.for([
  '',
  '0',
  '0MiB',
  '1023',
  '1025GiB',
  '-1KiB',
  '1.5MiB',
  '1MB',
  '1mib',
  '1 MiB',
  '1MiB/s',
  '1e6',
  'x',
])('a rate is not %j', (text) => {
  expect(() => parseRate('--limit-up')(text)).toThrow(
    expect.objectContaining({
      ...{ code: 'CLI_RATE', exitCode: 2, message: expect.stringMatching(/^--limit-up '/) },
    }),
  );
});
