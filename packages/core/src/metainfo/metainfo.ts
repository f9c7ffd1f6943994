import { asList, asText, type BencodeInput, type BencodeValue, decode, encode } from '../bencode/bencode.js';
import { BencodeError, MetainfoError } from '../common/errors.js';
import { limits } from '../common/limits.js';
import { printable } from '../common/printable.js';

import { RawDict, readBencode } from './raw-dict.js';
import { parseInfo, requireSize, type TorrentInfo } from './torrent-info.js';
import { cleanTiers, cleanUrls } from './urls.js';

/** What a date of ECMAScript can hold, before and after 1970. */
const maxTimeMs = 8.64e15;

/** A checked .torrent file (BEP 3). Text in it is as its maker wrote it: escape it before showing. */
export interface Metainfo {
  /** The info dictionary. */
  readonly info: TorrentInfo;
  /** Tracker URLs in tiers, to be tried in order (BEP 12). */
  readonly trackers: readonly (readonly string[])[];
  /** URLs of web seeds (BEP 19). */
  readonly webSeeds: readonly string[];
  /** Free text. */
  readonly comment?: string;
  /** Name and version of the program that made it. */
  readonly createdBy?: string;
  /** When it was made, in milliseconds since 1970; always a time that a date can hold. */
  readonly creationTimeMs?: number;
}

/**
 * Reads a .torrent file. The infohash is taken over the bytes of `info` as they are in the file. What is
 * malformed outside of `info` is left out. `bytes` are not kept. Throws {@link MetainfoError} with the
 * codes of {@link parseInfo}, and `METAINFO_NO_INFO`.
 */
export function parseMetainfo(bytes: Uint8Array): Metainfo {
  requireSize(bytes.length, 'the torrent file');
  const file = new RawDict(bytes, 'torrent file');
  const rawInfo = file.encoded('info');
  if (rawInfo === undefined) throw new MetainfoError('METAINFO_NO_INFO', 'the torrent file has no info');
  const info = parseInfo(rawInfo);
  const comment = asText(file.string('comment.utf-8')) ?? asText(file.string('comment'));
  const createdBy = asText(file.string('created by'));
  const creationTimeMs = readTimeMs(file.integer('creation date'));
  return {
    info,
    trackers: readTrackers(file),
    webSeeds: cleanUrls(readUrls(file.encoded('url-list'))),
    ...(comment !== undefined && { comment }),
    ...(createdBy !== undefined && { createdBy }),
    ...(creationTimeMs !== undefined && { creationTimeMs }),
  };
}

/** Where there is an announce-list, announce counts for nothing (BEP 12). */
function readTrackers(file: RawDict): readonly (readonly string[])[] {
  const tiers = file.mapItems('announce-list', (tier, index) =>
    index < limits.maxUrls ? readUrls(tier) : [],
  );
  const cleaned = cleanTiers(tiers ?? []);
  return cleaned.length > 0 ? cleaned : cleanTiers([readUrls(file.encoded('announce'))]);
}

/**
 * One URL or a list of them (BEP 19). Where tiers should be, a URL is a common mistake, and clear enough.
 */
function readUrls(encoded: Uint8Array | undefined): readonly string[] {
  const value = encoded && decodeSmall(encoded);
  return (asList(value) ?? [value]).map(asText).filter((text) => text !== undefined);
}

/** Far more URLs than are kept may stand in a list; what is larger still is no list of URLs. */
function decodeSmall(encoded: Uint8Array): BencodeValue | undefined {
  try {
    return decode(encoded, { maxTokens: 10_000 });
  } catch (error) {
    if (error instanceof BencodeError) return undefined;
    throw error;
  }
}

/** From seconds since 1970. */
function readTimeMs(timeSeconds = Number.NaN): number | undefined {
  const timeMs = timeSeconds * 1_000;
  return Math.abs(timeMs) <= maxTimeMs ? timeMs : undefined;
}

/** What {@link buildMetainfo} makes a torrent of. */
export interface BuildMetainfoOptions {
  /** Name of the file, or of the folder that holds the files. */
  readonly name: string;
  /**
   * The files in order, each with its path below the folder. For a single file one entry, whose path
   * is not looked at.
   */
  readonly files: readonly { readonly path: readonly string[]; readonly lengthBytes: number }[];
  /** Whether the torrent is one file, with no folder around it. */
  readonly isSingleFile: boolean;
  /** Bytes, 1 KiB to 256 MiB. */
  readonly pieceLength: number;
  /** SHA-1 of each piece, one after the other. */
  readonly pieceHashes: Uint8Array;
  /** Tracker URLs in tiers (BEP 12). */
  readonly trackers?: readonly (readonly string[])[];
  /** Default false (BEP 27). */
  readonly isPrivate?: boolean;
  /** Free text. */
  readonly comment?: string;
  /** Name and version of the program that makes it. */
  readonly createdBy?: string;
  /** Milliseconds since 1970; kept to the second. */
  readonly creationTimeMs?: number;
}

/**
 * A .torrent file (BEP 3). It can be read again, and from the same folder: whatever {@link parseInfo}
 * would refuse is refused here with the same codes, and `METAINFO_PATH` also where it would change a name
 * to make it safe. `METAINFO_TRACKER` where a URL could not be kept. Throws {@link MetainfoError}.
 */
export function buildMetainfo(options: BuildMetainfoOptions): Uint8Array {
  const { name, files, pieceLength, trackers = [], creationTimeMs } = options;
  const data: Record<string, BencodeInput> = options.isSingleFile
    ? { length: singleFile(files).lengthBytes }
    : { files: files.map(({ path, lengthBytes }) => ({ length: lengthBytes, path })) };
  const info: BencodeInput = {
    ...data,
    name,
    'piece length': pieceLength,
    pieces: options.pieceHashes,
    private: options.isPrivate === true ? 1 : undefined,
  };
  requireSameNames(options, parseInfo(readBencode('info', () => encode(info))));
  const urls = trackers.flat();
  requireTrackers(urls);
  const bytes = readBencode('torrent file', () =>
    encode({
      announce: urls[0],
      'announce-list': urls.length > 1 ? trackers.filter((tier) => tier.length > 0) : undefined,
      comment: options.comment,
      'created by': options.createdBy,
      'creation date': creationTimeMs === undefined ? undefined : Math.floor(creationTimeMs / 1_000),
      info,
    }),
  );
  requireSize(bytes.length, 'the torrent file');
  return bytes;
}

function singleFile(files: BuildMetainfoOptions['files']): { readonly lengthBytes: number } {
  const [file] = files;
  if (file !== undefined && files.length === 1) return file;
  throw new MetainfoError('METAINFO_FILES', `a single-file torrent has one file, not ${files.length}`);
}

function requireSameNames({ name, files, isSingleFile }: BuildMetainfoOptions, info: TorrentInfo): void {
  for (const [index, { path }] of info.layout.files.entries()) {
    const given = isSingleFile ? [name] : [name, ...(files[index]?.path ?? [])];
    if (given.length === path.length && given.every((element, i) => element === path[i])) continue;
    throw new MetainfoError(
      'METAINFO_PATH',
      `'${printable(given.join('/'))}' would be read as '${printable(path.join('/'))}': rename it`,
    );
  }
}

function requireTrackers(urls: readonly string[]): void {
  if (urls.length > limits.maxUrls) {
    throw new MetainfoError('METAINFO_TRACKER', `${urls.length} trackers: at most ${limits.maxUrls}`);
  }
  const unusable = urls.find((url) => cleanUrls([url])[0] !== url);
  if (unusable === undefined) return;
  throw new MetainfoError('METAINFO_TRACKER', `not a tracker URL: '${printable(unusable)}'`);
}

/**
 * A piece length for `totalLength` bytes of data: the smallest power of two from 16 KiB that makes at
 * most 2 048 pieces, but 16 MiB at most unless the limit of 2 097 152 pieces asks for more. Throws
 * `METAINFO_PIECE_COUNT` where no length would do.
 */
export function choosePieceLength(totalLength: number): number {
  let pieceLength = 16 * 1024;
  while (totalLength > pieceLength * (pieceLength < 16 * 1024 * 1024 ? 2_048 : limits.maxPieceCount))
    pieceLength *= 2;
  if (pieceLength <= limits.maxPieceLength) return pieceLength;
  throw new MetainfoError('METAINFO_PIECE_COUNT', `${totalLength} bytes are too many for a torrent`);
}
