import { encode } from '@peerloom/core';

/** Pieces of every torrent here, of one block each. */
export const pieceCount = 1000;
const pieceLength = 16_384;

/** The torrent file of a file of 1 000 pieces, all of whose hashes are made of one byte. */
export function oneFileTorrent(name: string, hashByte: number): Uint8Array {
  return encode({
    info: {
      length: pieceCount * pieceLength,
      name,
      'piece length': pieceLength,
      pieces: new Uint8Array(pieceCount * 20).fill(hashByte),
    },
  });
}
