import { createHash } from 'node:crypto';
import type { BencodeLimits } from '../bencode/bencode.js';
import { MetainfoError } from '../common/errors.js';
import { InfoHash } from '../common/info-hash.js';
import { limits } from '../common/limits.js';
import { checkFiles, nameText } from './info-files.js';
import { TorrentLayout } from './layout.js';

import { RawDict } from './raw-dict.js';
import { sanitizeTorrentName } from './sanitize-path.js';

/** Bytes of a piece's SHA-1. */
const pieceHashLength = 20;

/** What {@link parseInfo} found. */
interface InfoParts {
  readonly raw: Uint8Array;
  readonly infoHash: InfoHash;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly layout: TorrentLayout;
  /** A view of `raw`. */
  readonly hashes: Uint8Array;
}

/**
 * A checked info dictionary (BEP 3): the part of a torrent that its infohash stands for. Made by
 * {@link parseInfo}.
 */
export class TorrentInfo {
  /** The bytes the infohash was taken over, to be read only. */
  readonly raw: Uint8Array;
  /** SHA-1 of `raw`. */
  readonly infoHash: InfoHash;
  /** Name of the file, or of the folder of all files; sanitised, so it may be shown and used in paths. */
  readonly name: string;
  /** Peers may come from the torrent's own trackers only (BEP 27). */
  readonly isPrivate: boolean;
  /** Piece, block and file arithmetic. */
  readonly layout: TorrentLayout;
  readonly #hashes: Uint8Array;

  /** @internal */
  constructor(parts: InfoParts) {
    this.raw = parts.raw;
    this.infoHash = parts.infoHash;
    this.name = parts.name;
    this.isPrivate = parts.isPrivate;
    this.layout = parts.layout;
    this.#hashes = parts.hashes;
  }

  /** The 20 bytes of SHA-1 of a piece: a view of `raw`. Throws `METAINFO_RANGE`. */
  pieceHash(piece: number): Uint8Array {
    if (!this.layout.isValidPiece(piece)) {
      throw new MetainfoError('METAINFO_RANGE', `no piece ${piece} among ${this.layout.pieceCount}`);
    }
    const start = piece * pieceHashLength;
    return this.#hashes.subarray(start, start + pieceHashLength);
  }
}

/**
 * Reads an info dictionary as it came from a .torrent file or from peers (BEP 9). The bytes are copied;
 * the piece hashes stay in them. Throws {@link MetainfoError}: `METAINFO_TOO_LARGE`, `METAINFO_BENCODE`
 * (the cause tells where), `METAINFO_V2_ONLY`, `METAINFO_NAME`, `METAINFO_PIECE_LENGTH`,
 * `METAINFO_PIECES`, `METAINFO_PIECE_COUNT`, `METAINFO_FILES`, `METAINFO_LENGTH`, `METAINFO_PATH`,
 * `METAINFO_SYMLINK`.
 */
export function parseInfo(raw: Uint8Array, limits?: Partial<BencodeLimits>): TorrentInfo {
  const steps = checkInfo(raw, { limits }).steps();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** An info dictionary that is as it must be, of which the files have not been given their names. */
export interface CheckedInfo {
  /** Sanitised. */
  readonly name: string;
  readonly fileCount: number;
  /** Makes the info: some steps a file, none of which can fail. */
  steps(): Generator<undefined, TorrentInfo>;
}

/** What {@link parseInfo} does before it looks at names: quick, and all of what it may throw. */
export function checkInfo(
  raw: Uint8Array,
  options: {
    readonly limits?: Partial<BencodeLimits> | undefined;
    /** The SHA-1 of `raw`, where it is known. */
    readonly infoHash?: InfoHash;
  } = {},
): CheckedInfo {
  requireSize(raw.length, 'the info dictionary');
  const own = new Uint8Array(raw);
  const info = new RawDict(own, 'info', options.limits);
  const hashes = readHashes(info);
  const infoHash = options.infoHash ?? InfoHash.fromBytes(createHash('sha1').update(own).digest());
  const name = readName(info, infoHash);
  const pieceLength = readPieceLength(info);
  const files = checkFiles(info);
  requireLength(files.totalLength(), pieceLength);
  const pieceCount = Math.ceil(files.totalLength() / pieceLength);
  if (pieceCount * pieceHashLength !== hashes.length) {
    throw new MetainfoError(
      'METAINFO_PIECES',
      `info.pieces has ${hashes.length / pieceHashLength} hashes: the files make ${pieceCount} pieces`,
    );
  }
  const isPrivate = (info.integer('private') ?? 0) !== 0;
  return {
    name,
    fileCount: files.count,
    *steps() {
      const layout = new TorrentLayout(pieceLength, yield* files.place(name));
      return new TorrentInfo({ raw: own, infoHash, name, isPrivate, layout, hashes });
    },
  };
}

/** Throws `METAINFO_TOO_LARGE` where `lengthBytes` is more than is read. */
export function requireSize(lengthBytes: number, what: string): void {
  if (lengthBytes <= limits.maxTorrentFileBytes) return;
  throw new MetainfoError(
    'METAINFO_TOO_LARGE',
    `${what} has ${lengthBytes} bytes: at most ${limits.maxTorrentFileBytes}`,
  );
}

/** The hashes; a torrent without them may be of version 2 only (BEP 52). Of a hybrid they are all we use. */
function readHashes(info: RawDict): Uint8Array {
  if (!info.has('pieces') && (info.has('meta version') || info.has('file tree'))) {
    throw new MetainfoError(
      'METAINFO_V2_ONLY',
      'the torrent is of version 2 only (BEP 52): it has no v1 hashes (BEP 3), which are needed',
    );
  }
  const hashes = info.string('pieces');
  if (hashes === undefined || hashes.length % pieceHashLength !== 0) {
    const found = hashes === undefined ? 'missing or no string' : `${hashes.length} bytes`;
    throw new MetainfoError(
      'METAINFO_PIECES',
      `info.pieces must be a string of ${pieceHashLength} bytes a piece: it is ${found}`,
    );
  }
  return hashes;
}

function readName(info: RawDict, infoHash: InfoHash): string {
  const bytes = info.string('name.utf-8') ?? info.string('name');
  if (bytes === undefined) throw new MetainfoError('METAINFO_NAME', 'info.name must be a string');
  return sanitizeTorrentName(nameText(bytes)) || infoHash.hex;
}

function readPieceLength(info: RawDict): number {
  const pieceLength = info.integer('piece length');
  if (
    pieceLength !== undefined &&
    pieceLength >= limits.minPieceLength &&
    pieceLength <= limits.maxPieceLength
  ) {
    return pieceLength;
  }
  throw new MetainfoError(
    'METAINFO_PIECE_LENGTH',
    `info.'piece length' must be ${limits.minPieceLength} to ${limits.maxPieceLength} bytes: it is ${pieceLength ?? 'no integer'}`,
  );
}

function requireLength(totalLength: number, pieceLength: number): void {
  if (totalLength === 0 || totalLength > Number.MAX_SAFE_INTEGER) {
    throw new MetainfoError(
      'METAINFO_LENGTH',
      `the files have ${totalLength} bytes in all: must be 1 to 2^53 - 1`,
    );
  }
  if (totalLength > limits.maxPieceCount * pieceLength) {
    throw new MetainfoError(
      'METAINFO_PIECE_COUNT',
      `${totalLength} bytes make more than ${limits.maxPieceCount} pieces of ${pieceLength} bytes`,
    );
  }
}
