import type { ReadonlyBitfield, TorrentLayout } from '@peerloom/core';

/** What stands where a file of a torrent should be. */
export type FileOnDisk =
  | { readonly kind: 'file'; readonly lengthBytes: number }
  | { readonly kind: 'absent' }
  /** A folder, a symbolic link, a device. */
  | { readonly kind: 'other' };

/**
 * How a file is: as it should be, or what is wrong with it first. `unchecked`: what is there may be right,
 * but a piece that it shares with a file that is not all there cannot be checked.
 */
type FileVerdictKind = 'ok' | 'missing' | 'notAFile' | 'tooShort' | 'tooLong' | 'wrong' | 'unchecked';

/** What was found about one file. */
export interface FileVerdict {
  /** Index in the torrent. */
  readonly index: number;
  /** Elements joined by `/`, the torrent's name first. */
  readonly path: string;
  readonly verdict: FileVerdictKind;
  readonly lengthBytes: number;
  /** Bytes there are; 0 where there is no file. */
  readonly actualLengthBytes: number;
  readonly pieceCount: number;
  /** Pieces of this file that are all there and have the wrong hash. */
  readonly wrongPieces: readonly number[];
  /** Pieces that could not be checked because another file is not all there. */
  readonly uncheckedPieceCount: number;
}

/**
 * Says of each file of a torrent, pad files left out, how it is. `files` holds what is on disk, by index in
 * the torrent; `pieces` the pieces whose hash is right.
 */
export function judgeFiles(
  layout: TorrentLayout,
  files: readonly FileOnDisk[],
  pieces: ReadonlyBitfield,
): readonly FileVerdict[] {
  return [...layout.files.keys()]
    .filter((index) => layout.files[index]?.isPad === false)
    .map((index) => judgeFile(layout, files, pieces, index));
}

function judgeFile(
  layout: TorrentLayout,
  files: readonly FileOnDisk[],
  pieces: ReadonlyBitfield,
  index: number,
): FileVerdict {
  const { path = [], lengthBytes = 0 } = layout.files[index] ?? {};
  const file = files[index] ?? { kind: 'absent' };
  const actualLengthBytes = file.kind === 'file' ? file.lengthBytes : 0;
  const range = layout.piecesOfFile(index);
  const wrongPieces: number[] = [];
  let uncheckedPieceCount = 0;
  for (let piece = range?.first ?? 0; piece <= (range?.last ?? -1); piece++) {
    if (pieces.has(piece)) continue;
    if (isAllThere(layout, files, piece)) wrongPieces.push(piece);
    else uncheckedPieceCount++;
  }
  const found = { lengthBytes, actualLengthBytes, wrongPieces, uncheckedPieceCount };
  return {
    index,
    path: path.join('/'),
    verdict: verdictOf(file, found),
    ...found,
    pieceCount: range === undefined ? 0 : range.last - range.first + 1,
  };
}

function verdictOf(
  file: FileOnDisk,
  found: Pick<FileVerdict, 'lengthBytes' | 'actualLengthBytes' | 'wrongPieces' | 'uncheckedPieceCount'>,
): FileVerdictKind {
  if (file.kind === 'absent') return 'missing';
  if (file.kind === 'other') return 'notAFile';
  if (found.actualLengthBytes < found.lengthBytes) return 'tooShort';
  if (found.wrongPieces.length > 0) return 'wrong';
  if (found.actualLengthBytes > found.lengthBytes) return 'tooLong';
  return found.uncheckedPieceCount > 0 ? 'unchecked' : 'ok';
}

/** Whether every file that a piece is part of reaches to where the piece needs it. */
function isAllThere(layout: TorrentLayout, files: readonly FileOnDisk[], piece: number): boolean {
  return layout.fileSlices(piece, 0, layout.pieceSize(piece)).every(({ fileIndex, offset, lengthBytes }) => {
    if (layout.files[fileIndex]?.isPad === true) return true;
    const file = files[fileIndex];
    return file?.kind === 'file' && file.lengthBytes >= offset + lengthBytes;
  });
}
