import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TorrentLayout } from './layout.js';

const KiB = 1024;

function layoutOf(pieceLength: number, ...lengths: number[]): TorrentLayout {
  return new TorrentLayout(
    pieceLength,
    lengths.map((lengthBytes, i) => ({ path: ['t', `${i}`], lengthBytes, isPad: false })),
  );
}

/** Layouts small enough to be looked at byte by byte. */
const smallLayout = fc
  .record({
    pieceLength: fc.integer({ min: 1, max: 20 }),
    lengths: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 }),
  })
  .map(({ pieceLength, lengths }) => layoutOf(pieceLength, ...lengths));

describe('TorrentLayout', () => {
  it('cuts the data into pieces and blocks, the last of each shorter', () => {
    const layout = layoutOf(40 * KiB, 100 * KiB + 1);
    expect(layout.pieceCount).toBe(3);
    expect([0, 1, 2].map((piece) => layout.pieceSize(piece))).toEqual([40 * KiB, 40 * KiB, 20 * KiB + 1]);
    expect([0, 1, 2].map((piece) => layout.blockCount(piece))).toEqual([3, 3, 2]);
    expect([0, 1, 2, 3].map((block) => layout.blockSize(0, block))).toEqual([16 * KiB, 16 * KiB, 8 * KiB, 0]);
    expect([0, 1, 2].map((block) => layout.blockSize(2, block))).toEqual([16 * KiB, 4 * KiB + 1, 0]);
  });

  it('has no short last piece where the data ends with one', () => {
    const layout = layoutOf(16 * KiB, 32 * KiB);
    expect(layout.pieceCount).toBe(2);
    expect(layout.pieceSize(1)).toBe(16 * KiB);
    expect(layout.blockCount(1)).toBe(1);
  });

  it.each([-1, 3, 0.5, Number.NaN, 2 ** 32])('has no piece %d', (piece) => {
    const layout = layoutOf(40 * KiB, 100 * KiB);
    expect(layout.isValidPiece(piece)).toBe(false);
    expect(layout.pieceSize(piece)).toBe(0);
    expect(layout.blockCount(piece)).toBe(0);
    expect(layout.blockSize(piece, 0)).toBe(0);
    expect(layout.isValidRequest(piece, 0, 1, 16 * KiB)).toBe(false);
    expect(() => layout.fileSlices(piece, 0, 1)).toThrow(expect.objectContaining({ code: 'METAINFO_RANGE' }));
  });

  it('accepts requests up to the ends of pieces and of the length served, and none past them', () => {
    const layout = layoutOf(40 * KiB, 100 * KiB);
    const max = 16 * KiB;
    expect(layout.isValidRequest(0, 24 * KiB, 16 * KiB, max)).toBe(true);
    expect(layout.isValidRequest(0, 24 * KiB + 1, 16 * KiB, max)).toBe(false);
    expect(layout.isValidRequest(0, 0, 16 * KiB + 1, max)).toBe(false);
    expect(layout.isValidRequest(2, 20 * KiB - 1, 1, max)).toBe(true);
    expect(layout.isValidRequest(2, 20 * KiB, 1, max)).toBe(false);
    expect(layout.isValidRequest(0, 0, 0, max)).toBe(false);
    expect(layout.isValidRequest(0, -1, 1, max)).toBe(false);
    expect(layout.isValidRequest(0, 0, -1, max)).toBe(false);
    expect(layout.isValidRequest(0, 0.5, 1, max)).toBe(false);
    expect(layout.isValidRequest(0, 0, Number.NaN, max)).toBe(false);
    expect(layout.isValidRequest(0, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 33)).toBe(false);
  });

  it('gives the block sizes of a piece that add up to it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 20 }),
        fc.integer({ min: 1, max: 2 ** 22 }),
        (pieceLength, total) => {
          const layout = layoutOf(pieceLength, total);
          const last = layout.pieceCount - 1;
          expect(layout.pieceSize(0)).toBe(Math.min(pieceLength, total));
          expect((layout.pieceCount - 1) * pieceLength + layout.pieceSize(last)).toBe(total);
          let sum = 0;
          for (let block = 0; block < layout.blockCount(last); block++) sum += layout.blockSize(last, block);
          expect(sum).toBe(layout.pieceSize(last));
        },
      ),
    );
  });

  it('finds the files of every range byte by byte, empty files left out', () => {
    fc.assert(
      fc.property(smallLayout, fc.nat(), fc.nat(), fc.nat(), (layout, a, b, c) => {
        fc.pre(layout.pieceCount > 0);
        const piece = a % layout.pieceCount;
        const begin = b % layout.pieceSize(piece);
        const length = c % (layout.pieceSize(piece) - begin + 1);
        const expected: string[] = [];
        for (const [index, file] of layout.files.entries()) {
          for (let i = 0; i < file.lengthBytes; i++) {
            const position = file.offset + i - piece * layout.pieceLength;
            if (position >= begin && position < begin + length) expected.push(`${index}:${i}`);
          }
        }
        const slices = layout.fileSlices(piece, begin, length);
        const found = slices.flatMap(({ fileIndex, offset, lengthBytes }) =>
          Array.from({ length: lengthBytes }, (_, i) => `${fileIndex}:${offset + i}`),
        );
        expect(found).toEqual(expected);
        expect(slices.every(({ lengthBytes }) => lengthBytes > 0)).toBe(true);
      }),
    );
  });

  it('finds exactly the pieces that hold data of a file', () => {
    fc.assert(
      fc.property(smallLayout, (layout) => {
        const touched = layout.files.map((): number[] => []);
        for (let piece = 0; piece < layout.pieceCount; piece++) {
          for (const { fileIndex } of layout.fileSlices(piece, 0, layout.pieceSize(piece)))
            touched[fileIndex]?.push(piece);
        }
        for (const [index, pieces] of touched.entries()) {
          const range = layout.piecesOfFile(index);
          expect(range && [range.first, range.last]).toEqual(
            pieces.length > 0 ? [pieces[0], pieces.at(-1)] : undefined,
          );
        }
      }),
    );
  });

  it('stays exact where the data has terabytes', () => {
    const layout = layoutOf(256 * KiB * KiB, 2 ** 48, 2 ** 48 - 1);
    expect(layout.pieceCount).toBe(2 ** 21);
    expect(layout.pieceSize(2 ** 21 - 1)).toBe(2 ** 28 - 1);
    expect(layout.fileSlices(2 ** 20 - 1, 2 ** 28 - 1, 1)).toEqual([
      { fileIndex: 0, offset: 2 ** 48 - 1, lengthBytes: 1 },
    ]);
    expect(layout.piecesOfFile(1)).toEqual({ first: 2 ** 20, last: 2 ** 21 - 1 });
  });

  it('throws for ranges and files it does not have', () => {
    const layout = layoutOf(10, 25);
    expect(() => layout.fileSlices(2, 0, 6)).toThrow(expect.objectContaining({ code: 'METAINFO_RANGE' }));
    expect(() => layout.fileSlices(0, -1, 1)).toThrow(expect.objectContaining({ code: 'METAINFO_RANGE' }));
    expect(() => layout.piecesOfFile(1)).toThrow(expect.objectContaining({ code: 'METAINFO_RANGE' }));
    expect(() => layout.piecesOfFile(-1)).toThrow(expect.objectContaining({ code: 'METAINFO_RANGE' }));
  });

  it('cannot be changed by those it is handed to', () => {
    const layout = layoutOf(10, 25);
    expect(Object.isFrozen(layout)).toBe(true);
    expect(Object.isFrozen(layout.files)).toBe(true);
    expect(Object.isFrozen(layout.files[0])).toBe(true);
    expect(Object.isFrozen(layout.files[0]?.path)).toBe(true);
  });
});
