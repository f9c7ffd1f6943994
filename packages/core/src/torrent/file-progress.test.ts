import { describe, expect, it } from 'vitest';
import { TorrentLayout } from '../metainfo/layout.js';
import { FileProgress } from './file-progress.js';

const pieceLength = 16_384;

/** Pieces: 0 of `a`; 1 of `a`, `b` and the pad file; 2 of `c`. `empty` has none. */
const layout = new TorrentLayout(pieceLength, [
  { path: ['t', 'a'], lengthBytes: pieceLength + 10, isPad: false },
  { path: ['t', 'b'], lengthBytes: 20, isPad: false },
  { path: ['t', '.pad'], lengthBytes: pieceLength - 30, isPad: true },
  { path: ['t', 'empty'], lengthBytes: 0, isPad: false },
  { path: ['t', 'c'], lengthBytes: 100, isPad: false },
]);
const [a, b, pad, empty, c] = [0, 1, 2, 3, 4];

describe('files', () => {
  it('are complete with the last piece that any part of them is in', () => {
    const files = new FileProgress(layout);
    expect(files.isComplete(a)).toBe(false);
    expect(files.pieceGained(1)).toEqual([b, pad]);
    expect([files.isComplete(a), files.isComplete(b)]).toEqual([false, true]);
    expect(files.pieceGained(0)).toEqual([a]);
    expect(files.pieceGained(2)).toEqual([c]);
  });

  it('of no bytes are complete from the start', () => {
    expect(new FileProgress(layout).isComplete(empty)).toBe(true);
  });

  it('that lose a piece are not complete, and are again when it is back', () => {
    const files = new FileProgress(layout);
    for (const piece of [0, 1, 2]) files.pieceGained(piece);
    files.pieceLost(1);
    expect([a, b, c].map((file) => files.isComplete(file))).toEqual([false, false, true]);
    expect(files.pieceGained(1)).toEqual([a, b, pad]);
  });
});

describe('priorities', () => {
  it('are 4 until somebody says otherwise', () => {
    const files = new FileProgress(layout);
    expect([files.priority(a), files.priorityOfPiece(0)]).toEqual([4, 4]);
    files.setPriority(b, 7);
    expect([files.priority(a), files.priority(b)]).toEqual([4, 7]);
  });

  it('of a piece are the highest of its files, pad files left out', () => {
    const files = new FileProgress(layout);
    files.setPriority(a, 0);
    expect([0, 1, 2].map((piece) => files.priorityOfPiece(piece))).toEqual([0, 4, 4]);
    files.setPriority(b, 1);
    files.setPriority(pad, 7);
    expect([0, 1, 2].map((piece) => files.priorityOfPiece(piece))).toEqual([0, 1, 4]);
    files.setPriority(a, 6);
    expect([0, 1, 2].map((piece) => files.priorityOfPiece(piece))).toEqual([6, 6, 4]);
  });
});
