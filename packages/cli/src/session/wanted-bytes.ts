import type { ReadonlyBitfield, TorrentLayout } from '@peerloom/core';

/** How much of a torrent is wanted, in bytes, and how much of that pieces hold. */
export class WantedBytes {
  readonly #layout: TorrentLayout;
  /** Wanted bytes of each piece; `undefined` where all are. */
  readonly #perPiece: Uint32Array | undefined;
  readonly totalBytes: number;

  /** `files`: the indices of the wanted ones; all where `undefined`. */
  constructor(layout: TorrentLayout, files: ReadonlySet<number> | undefined) {
    this.#layout = layout;
    this.#perPiece = files && wantedPerPiece(layout, files);
    this.totalBytes = this.#perPiece?.reduce((sum, bytes) => sum + bytes, 0) ?? layout.totalLength;
  }

  /** Wanted bytes of the pieces given. */
  bytesOf(pieces: ReadonlyBitfield): number {
    const perPiece = this.#perPiece;
    if (perPiece === undefined) return bytesOfPieces(this.#layout, pieces);
    let sum = 0;
    pieces.forEach((piece) => {
      sum += perPiece[piece] ?? 0;
    });
    return sum;
  }
}

/** Bytes of the pieces given. */
export function bytesOfPieces(layout: TorrentLayout, pieces: ReadonlyBitfield): number {
  const last = layout.pieceCount - 1;
  const lastGap = pieces.has(last) ? layout.pieceLength - layout.pieceSize(last) : 0;
  return pieces.count * layout.pieceLength - lastGap;
}

function wantedPerPiece(layout: TorrentLayout, files: ReadonlySet<number>): Uint32Array {
  const perPiece = new Uint32Array(layout.pieceCount);
  for (let piece = 0; piece < layout.pieceCount; piece++) {
    for (const { fileIndex, lengthBytes } of layout.fileSlices(piece, 0, layout.pieceSize(piece))) {
      if (files.has(fileIndex)) perPiece[piece] = (perPiece[piece] ?? 0) + lengthBytes;
    }
  }
  return perPiece;
}
