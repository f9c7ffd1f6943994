import { hexToBytes } from '../common/bytes.js';
import { type HostPort, parseHostPort } from '../common/endpoint.js';
import { isPeerloomError, MagnetError } from '../common/errors.js';
import { InfoHash } from '../common/info-hash.js';
import { limits } from '../common/limits.js';
import { printable } from '../common/printable.js';
import { formatFileSelection, parseFileSelection } from './file-selection.js';

import { sanitizePathElement } from './sanitize-path.js';
import { cleanUrls } from './urls.js';

const base32Digits = 'abcdefghijklmnopqrstuvwxyz234567';
const btih = 'urn:btih:';
const btmh = 'urn:btmh:';

/** A magnet link (BEP 9): enough to join a swarm and learn the rest there. */
export interface Magnet {
  /** What the link stands for (`xt`). */
  readonly infoHash: InfoHash;
  /** Name to show until the metadata is known (`dn`); sanitised as a file name is. */
  readonly displayName?: string;
  /** Tracker URLs (`tr`), at most 200. */
  readonly trackers: readonly string[];
  /** Peers to ask (`x.pe`), by address or name, at most 200. */
  readonly peers: readonly HostPort[];
  /** Indices of the files to download, ascending (`so`, BEP 53); all where absent. */
  readonly selectedFiles?: readonly number[];
}

/**
 * Reads a magnet link. Parameters may be numbered (`tr.1`); unknown ones, and names, trackers and peers
 * that are malformed, are left out. Throws {@link MagnetError}: `MAGNET_SYNTAX`, `MAGNET_TOO_LONG`,
 * `MAGNET_NO_INFO_HASH`, `MAGNET_INFO_HASH`, `MAGNET_V2_ONLY`, `MAGNET_FILE_SELECTION`.
 */
export function parseMagnet(uri: string): Magnet {
  if (uri.length > limits.maxMagnetLength) {
    throw new MagnetError(
      'MAGNET_TOO_LONG',
      `a link of ${uri.length} characters: at most ${limits.maxMagnetLength}`,
    );
  }
  const link = uri.trim();
  if (!/^magnet:\?/i.test(link)) {
    throw new MagnetError('MAGNET_SYNTAX', `not a magnet link (magnet:?…): '${printable(link)}'`);
  }
  const parameters = parseQuery(link.slice('magnet:?'.length));
  const infoHash = readInfoHash(parameters.texts('xt'));
  const displayName = sanitizePathElement(parameters.texts('dn', { isPlusSpace: true })[0] ?? '');
  const [selection = ''] = parameters.texts('so');
  return {
    infoHash,
    trackers: cleanUrls(parameters.texts('tr')),
    peers: readPeers(parameters.texts('x.pe')),
    ...(displayName !== '' && { displayName }),
    ...(selection !== '' && { selectedFiles: parseFileSelection(selection) }),
  };
}

/** The link for a {@link Magnet}; {@link parseMagnet} reads it back. */
export function formatMagnet(magnet: Magnet): string {
  const { infoHash, displayName, trackers, peers, selectedFiles = [] } = magnet;
  const parameters = [`xt=${btih}${infoHash.hex}`];
  if (displayName !== undefined) parameters.push(`dn=${percentEncode(displayName)}`);
  for (const tracker of trackers) parameters.push(`tr=${percentEncode(tracker)}`);
  for (const { host, port } of peers) {
    const encoded = percentEncode(host).replaceAll('%3A', ':');
    parameters.push(`x.pe=${encoded.includes(':') ? `[${encoded}]` : encoded}:${port}`);
  }
  if (selectedFiles.length > 0) parameters.push(`so=${formatFileSelection(selectedFiles)}`);
  return `magnet:?${parameters.join('&')}`;
}

/** Parameters of a query, in order. */
interface Query {
  /** Decoded values of a parameter and of its numbered forms; those that cannot be decoded are left out. */
  texts(name: string, options?: { readonly isPlusSpace: boolean }): readonly string[];
}

function parseQuery(query: string): Query {
  const byName = new Map<string, string[]>();
  for (const field of query.split('&')) {
    const equals = field.indexOf('=');
    if (equals < 0) continue;
    const name = field
      .slice(0, equals)
      .toLowerCase()
      .replace(/\.\d+$/, '');
    const values = byName.get(name) ?? [];
    values.push(field.slice(equals + 1));
    byName.set(name, values);
  }
  return {
    texts: (name, options) =>
      (byName.get(name) ?? [])
        .map((value) => percentDecode(options?.isPlusSpace ? value.replaceAll('+', ' ') : value))
        .filter((text) => text !== undefined),
  };
}

/** The v1 infohash in hexadecimal or, in old links, base32 (BEP 9). */
function readInfoHash(topics: readonly string[]): InfoHash {
  const topic = topics.find((text) => text.toLowerCase().startsWith(btih));
  if (topic === undefined) {
    if (topics.some((text) => text.toLowerCase().startsWith(btmh))) {
      throw new MagnetError(
        'MAGNET_V2_ONLY',
        'the link names a torrent of version 2 only (BEP 52): no urn:btih',
      );
    }
    throw new MagnetError('MAGNET_NO_INFO_HASH', 'the link has no infohash (xt=urn:btih:…)');
  }
  const text = topic.slice(btih.length);
  const bytes = text.length === 40 ? hexToBytes(text) : base32ToBytes(text);
  if (bytes === undefined) {
    throw new MagnetError(
      'MAGNET_INFO_HASH',
      `an infohash is 40 hexadecimal or 32 base32 digits, not '${printable(text)}'`,
    );
  }
  return InfoHash.fromBytes(bytes);
}

/** The 20 bytes of 32 base32 digits (RFC 4648), of either case. */
function base32ToBytes(text: string): Uint8Array | undefined {
  if (text.length !== 32) return undefined;
  const bytes = new Uint8Array(20);
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (const char of text.toLowerCase()) {
    const digit = base32Digits.indexOf(char);
    if (digit < 0) return undefined;
    bits = ((bits << 5) | digit) & 0xfff;
    bitCount += 5;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[length++] = bits >> bitCount;
    }
  }
  return bytes;
}

function readPeers(texts: readonly string[]): readonly HostPort[] {
  return texts
    .map(readPeer)
    .filter((peer) => peer !== undefined)
    .slice(0, limits.maxUrls);
}

function readPeer(text: string): HostPort | undefined {
  try {
    const peer = parseHostPort(text);
    return peer.port > 0 ? peer : undefined;
  } catch (error) {
    if (isPeerloomError(error)) return undefined;
    throw error;
  }
}

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function percentEncode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
}
