import { Bitfield, buildMetainfo, parseMetainfo } from '@peerloom/core';
import { expect, test } from 'vitest';
import { WantedBytes } from './wanted-bytes.js';

// Three files of one and a half pieces each: pieces 0, 1 | 1, 2 | 3, 4; the last piece is half a one.
const pieceLength = 16 * 1024;
const { layout } = parseMetainfo(
  buildMetainfo({
    ...{ name: 't', isSingleFile: false, pieceLength, pieceHashes: new Uint8Array(5 * 20) },
    files: ['a', 'b', 'c'].map((name) => ({ path: [name], lengthBytes: pieceLength * 1.5 })),
  }),
).info;

function pieces(...have: readonly number[]): Bitfield {
  const bitfield = new Bitfield(5);
  for (const piece of have) bitfield.add(piece);
  return bitfield;
}

test('without a selection all bytes count', () => {
  const all = new WantedBytes(layout, undefined);
  expect(all.totalBytes).toBe(pieceLength * 4.5);
  expect(all.bytesOf(pieces())).toBe(0);
  expect(all.bytesOf(pieces(1, 4))).toBe(pieceLength * 1.5);
  expect(all.bytesOf(pieces(0, 1, 2, 3, 4))).toBe(all.totalBytes);
});

test('with one, those of the files that were selected', () => {
  const middle = new WantedBytes(layout, new Set([1]));
  expect(middle.totalBytes).toBe(pieceLength * 1.5);
  expect(middle.bytesOf(pieces(0, 1, 4))).toBe(pieceLength * 0.5);
  expect(middle.bytesOf(pieces(1, 2))).toBe(middle.totalBytes);
});
