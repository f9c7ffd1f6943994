import { stateFolderPath } from './state-folder.js';

/** The folder of the parts of a torrent, as path elements below the storage's root. */
export function partsFolderPath(infoHash: string): readonly string[] {
  return [...stateFolderPath(infoHash), 'parts'];
}

/** The part of one piece: bytes at their place in the piece, of the files that are kept aside. */
export function partPath(infoHash: string, piece: number): readonly string[] {
  return [...partsFolderPath(infoHash), String(piece)];
}

/** Pieces whose parts are among these names of what is in the folder, in order. */
export function partsAmong(names: readonly string[]): number[] {
  const pieces = names.filter((name) => /^(?:0|[1-9]\d{0,9})$/.test(name)).map(Number);
  return pieces.sort((a, b) => a - b);
}
