import { createHash } from 'node:crypto';
import { buildMetainfo, type InfoHash, type Magnet, type Metainfo, parseMetainfo } from '@peerloom/core';
import { DeterministicSecureRandom } from '../random/deterministic-secure-random.js';

/** Options of {@link makeTestTorrent}. */
export interface TestTorrentOptions {
  /** Decides the content: the same seed gives the same torrent. */
  readonly seed: number | string;
  /** Default `content`. */
  readonly name?: string;
  /** Bytes, a power of two from 16 KiB up. Default 32 KiB: two blocks. */
  readonly pieceLength?: number;
  /** Bytes of all content. Default 16 pieces less 1000 bytes, so that the last piece and block are short. */
  readonly lengthBytes?: number;
  /** Lengths of its files. Default: one file, of `lengthBytes`. */
  readonly fileLengths?: readonly number[];
  /** BEP 27. */
  readonly isPrivate?: boolean;
  /** Tracker URLs in tiers (BEP 12). */
  readonly trackers?: readonly (readonly string[])[];
}

/** A torrent whose content is known. */
export interface TestTorrent {
  /** What a session takes. */
  readonly metainfo: Metainfo;
  /** The .torrent file. */
  readonly metainfoBytes: Uint8Array;
  /** What the torrent is known by. */
  readonly infoHash: InfoHash;
  /** What is known of it before its metadata: the infohash and nothing else. */
  readonly magnet: Magnet;
  /** All content, files in their order. */
  readonly data: Uint8Array;
  /** Length of every piece but the last, in bytes. */
  readonly pieceLength: number;
  /** Pieces of the torrent. */
  readonly pieceCount: number;
  /** The same content, by path below the storage's root, joined by `/`. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

const defaultPieceLength = 32 * 1024;

/** Makes a torrent with content that looks random. Throws {@link MetainfoError} for what no torrent can be. */
export function makeTestTorrent(options: TestTorrentOptions): TestTorrent {
  const { seed, name = 'content', pieceLength = defaultPieceLength } = options;
  const lengths = options.fileLengths ?? [options.lengthBytes ?? pieceLength * 16 - 1000];
  const isSingleFile = options.fileLengths === undefined;
  const data = new DeterministicSecureRandom(`content ${seed}`).bytes(lengths.reduce((a, b) => a + b, 0));
  const metainfoBytes = buildMetainfo({
    name,
    files: lengths.map((lengthBytes, index) => ({ path: [fileName(index)], lengthBytes })),
    isSingleFile,
    pieceLength,
    pieceHashes: hashPieces(data, pieceLength),
    ...(options.trackers !== undefined && { trackers: options.trackers }),
    ...(options.isPrivate !== undefined && { isPrivate: options.isPrivate }),
  });
  const metainfo = parseMetainfo(metainfoBytes);
  const { infoHash } = metainfo.info;
  let start = 0;
  const files = lengths.map((length, index) => {
    const bytes = data.subarray(start, start + length);
    start += length;
    return { path: isSingleFile ? name : `${name}/${fileName(index)}`, bytes };
  });
  return {
    metainfo,
    metainfoBytes,
    infoHash,
    magnet: { infoHash, trackers: [], peers: [] },
    data,
    pieceLength,
    pieceCount: Math.ceil(data.length / pieceLength),
    files,
  };
}

function fileName(index: number): string {
  return `file-${index}`;
}

function hashPieces(data: Uint8Array, pieceLength: number): Uint8Array {
  const hashes: Uint8Array[] = [];
  for (let start = 0; start < data.length; start += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(data.subarray(start, start + pieceLength))
        .digest(),
    );
  }
  return new Uint8Array(Buffer.concat(hashes));
}
