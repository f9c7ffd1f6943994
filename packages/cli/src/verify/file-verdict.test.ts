import { Bitfield, buildMetainfo, parseMetainfo } from '@peerloom/core';
import { expect, test } from 'vitest';
import { type FileOnDisk, judgeFiles } from './file-verdict.js';
import { verdictText } from './verdict-text.js';

// Three files of one and a half pieces each: pieces 0, 1 | 1, 2 | 3, 4; the second ends where piece 3 begins.
const pieceLength = 16 * 1024;
const lengthBytes = pieceLength * 1.5;
const { layout } = parseMetainfo(
  buildMetainfo({
    name: 't',
    isSingleFile: false,
    files: ['a', 'b', 'c'].map((name) => ({ path: [name], lengthBytes })),
    pieceLength,
    pieceHashes: new Uint8Array(5 * 20),
  }),
).info;

const whole: FileOnDisk = { kind: 'file', lengthBytes };

function judge(files: readonly FileOnDisk[], have: readonly number[]): readonly string[] {
  const pieces = new Bitfield(5);
  for (const piece of have) pieces.add(piece);
  return judgeFiles(layout, files, pieces).map((file) => verdictText(file));
}

test('with every piece right, every file is ok', () => {
  expect(judge([whole, whole, whole], [0, 1, 2, 3, 4])).toEqual(['t/a: ok', 't/b: ok', 't/c: ok']);
});

test('a piece that is wrong is told of each file that it is part of', () => {
  expect(judge([whole, whole, whole], [0, 2, 3, 4])).toEqual([
    't/a: piece 1 is wrong, 1 of 2',
    't/b: piece 1 is wrong, 1 of 2',
    't/c: ok',
  ]);
});

test('of a file beside one that is missing, what is shared cannot be checked', () => {
  expect(judge([{ kind: 'absent' }, whole, whole], [2, 3, 4])).toEqual([
    't/a: missing',
    't/b: 1 piece of 2 cannot be checked: shared with a file that is not all there',
    't/c: ok',
  ]);
});

test('a file may be too short, too long, or none', () => {
  const short: FileOnDisk = { kind: 'file', lengthBytes: lengthBytes - 1 };
  const long: FileOnDisk = { kind: 'file', lengthBytes: lengthBytes + 2 };
  expect(judge([long, { kind: 'other' }, short], [0, 3])).toEqual([
    't/a: 2 bytes too long',
    't/b: not a regular file',
    't/c: 24.0 KiB of 24.0 KiB, 1 byte missing',
  ]);
  expect(judge([long, whole, long], [0, 1, 2, 4])).toEqual([
    't/a: 2 bytes too long',
    't/b: ok',
    't/c: piece 3 is wrong, 1 of 2, 2 bytes too long',
  ]);
});
