import { buildMetainfo, parseMetainfo, type TorrentLayout } from '@peerloom/core';
import { expect, test } from 'vitest';
import { parseSelection, selectFiles } from './file-selection.js';

function layoutOf(...paths: readonly string[]): TorrentLayout {
  const files = paths.map((path) => ({ path: path.split('/'), lengthBytes: 1 }));
  return parseMetainfo(
    buildMetainfo({
      ...{ name: 't', isSingleFile: false, files, pieceLength: 16_384, pieceHashes: new Uint8Array(20) },
    }),
  ).info.layout;
}

const layout = layoutOf('a.txt', 'b.txt', '12', 'sub/a.txt', 'sub/[x] c, d.txt', 'sub/deep/e.bin', '.hidden');

function select(text: string, of: Pick<TorrentLayout, 'files'> = layout): readonly number[] {
  return [...selectFiles(parseSelection(text), of)].sort((a, b) => a - b);
}

test.for([
  ['an index', '1', [1]],
  ['indices and ranges, in any order and more than once', '5,0-2,1', [0, 1, 2, 5]],
  ['a name in every folder', 'a.txt', [0, 3]],
  ['a path from the folder of the torrent on', 'sub/a.txt', [3]],
  ['a path as info shows it', 't/sub/a.txt', [3]],
  ['a folder', 'sub', [3, 4, 5]],
  ['a folder with a slash', 'sub/deep/', [5]],
  ['a pattern in every folder', '*.txt', [0, 1, 3, 4]],
  ['a pattern of one folder', 'sub/*.txt', [3, 4]],
  ['a pattern across folders', '**/e.*', [5]],
  ['names with a dot at the start', '.h*,?.bin', [5, 6]],
  ['a number as a name', './12', [2]],
  ['brackets and an escaped comma in a name', '[x] c\\, d.txt', [4]],
  ['an index beside a name', '0,*.bin', [0, 5]],
  ['everything', '*', [0, 1, 2, 3, 4, 5, 6]],
] as const)('%s', ([, text, expected]) => {
  expect(select(text)).toEqual(expected);
});

test('the single file of a torrent has its name only', () => {
  const single = parseMetainfo(
    buildMetainfo({
      ...{ name: 'a.iso', isSingleFile: true, files: [{ path: ['a.iso'], lengthBytes: 1 }] },
      ...{ pieceLength: 16_384, pieceHashes: new Uint8Array(20) },
    }),
  ).info.layout;
  expect([select('0', single), select('*.iso', single)]).toEqual([[0], [0]]);
});

test('a range leaves out pad files, which nobody sees', () => {
  const padded = layoutOf('a', 'b', 'c');
  const files = padded.files.map((file, index) => ({ ...file, isPad: index === 1 }));
  expect(select('0-2', { ...padded, files })).toEqual([0, 2]);
  expect(() => select('1', { ...padded, files })).toThrow(/no file 1/);
});

test.for(['', ',', '1,', '3-1', '7', '0-7', '99999999', 'none', '*.none', '/', '-1', '1-'])(
  'what names nothing is refused: %j',
  (text) => {
    expect(() => select(text)).toThrow(expect.objectContaining({ code: 'CLI_SELECT', exitCode: 2 }));
  },
);

test('a pattern that is too long to be one is refused, too', () => {
  expect(() => select('x'.repeat(70_000))).toThrow(expect.objectContaining({ code: 'CLI_SELECT' }));
});
