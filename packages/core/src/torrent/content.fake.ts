import { createHash } from 'node:crypto';
import { encode } from '../bencode/bencode.js';
import { blockLength } from '../common/block.js';
import { parseInfo, type TorrentInfo } from '../metainfo/torrent-info.js';

/** Marks the beginning of each block, so that no two blocks of a torrent are alike; the rest is zero. */
export function stampBlock(view: Uint8Array, piece: number, block: number, isGood: boolean): void {
  view.fill(0);
  view.set([piece + 1, block + 1, isGood ? 1 : 2]);
}

/** One file whose blocks are those of {@link stampBlock}, good. */
export function stampedTorrent(
  pieceLength: number,
  lengthBytes: number,
): { readonly info: TorrentInfo; readonly content: Uint8Array } {
  const content = new Uint8Array(lengthBytes);
  for (let start = 0; start < lengthBytes; start += blockLength) {
    const piece = Math.floor(start / pieceLength);
    const block = (start - piece * pieceLength) / blockLength;
    stampBlock(content.subarray(start, start + blockLength), piece, block, true);
  }
  const hashes: Uint8Array[] = [];
  for (let start = 0; start < lengthBytes; start += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(content.subarray(start, start + pieceLength))
        .digest(),
    );
  }
  const pieces = new Uint8Array(hashes.length * 20);
  for (const [index, hash] of hashes.entries()) pieces.set(hash, index * 20);
  const info = parseInfo(
    encode({ length: lengthBytes, name: 'stamped', 'piece length': pieceLength, pieces }),
  );
  return { info, content };
}
