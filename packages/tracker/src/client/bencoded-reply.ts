import {
  type BencodeDict,
  type BencodeValue,
  decodePrefix,
  type Endpoint,
  endpoint,
  normalizeAddress,
} from '@peerloom/core/plugin';
import { decodeCompactPeers } from '../protocol/compact-peers.js';
import type { SwarmCounts } from '../protocol/udp-reply.js';
import { type AnnounceReply, maxPeersOfReply } from './announcement.js';
import { printableText, TrackerError } from './tracker-error.js';

/** What a reply may be made of: a thousand peers in the long form and a few fields more. */
const limits = { maxDepth: 8, maxTokens: 50_000 };
const maxTrackerIdBytes = 256;

/**
 * Reads an announce reply over HTTP (BEP 3, 23, 7). Throws {@link TrackerError}: `TRACKER_REFUSED` with what the tracker
 * says, `TRACKER_REPLY` where it is malformed in any field that we know.
 */
export function readAnnounceReply(body: Uint8Array): AnnounceReply {
  const dict = readDict(body);
  const warning = bytesOf(dict, 'warning message');
  const trackerId = bytesOf(dict, 'tracker id');
  return {
    intervalMs: secondsOf(dict, 'interval'),
    minIntervalMs: secondsOf(dict, 'min interval'),
    seeders: countOf(dict, 'complete'),
    leechers: countOf(dict, 'incomplete'),
    completed: countOf(dict, 'downloaded'),
    trackerId: trackerId !== undefined && trackerId.length <= maxTrackerIdBytes ? trackerId : undefined,
    warning: warning === undefined ? undefined : printableText(warning),
    peers: [...peersOf(dict, 'peers', 4), ...peersOf(dict, 'peers6', 6)].slice(0, maxPeersOfReply),
  };
}

/**
 * Reads a scrape reply over HTTP (BEP 48) for one torrent; `undefined` where the tracker does not know it. Throws as
 * {@link readAnnounceReply}. `infoHash` is 20 bytes.
 */
export function readScrapeReply(body: Uint8Array, infoHash: Uint8Array): SwarmCounts | undefined {
  const dict = readDict(body);
  if (!isDict(dict.files)) throw malformed("'files' is no dictionary");
  const counts = entryOf(body, infoHash);
  if (counts === undefined) return undefined;
  return {
    seeders: countOf(counts, 'complete') ?? 0,
    completed: countOf(counts, 'downloaded') ?? 0,
    leechers: countOf(counts, 'incomplete') ?? 0,
  };
}

/** What stands behind the infohash as a key. Keys that are decoded are text, which infohashes are not. */
function entryOf(body: Uint8Array, infoHash: Uint8Array): BencodeDict | undefined {
  const key = Buffer.concat([Buffer.from('20:'), infoHash]);
  const at = Buffer.from(body.buffer, body.byteOffset, body.byteLength).indexOf(key);
  if (at < 0) return undefined;
  const value = decodeReply(body.subarray(at + key.length));
  if (!isDict(value)) throw malformed("an entry of 'files' is no dictionary");
  return value;
}

function readDict(body: Uint8Array): BencodeDict {
  const value = decodeReply(body);
  if (!isDict(value)) throw malformed('no dictionary');
  const failure = bytesOf(value, 'failure reason');
  if (failure === undefined) return value;
  const retryInMs = retryOf(value);
  throw new TrackerError('TRACKER_REFUSED', printableText(failure) || 'refused, without a reason', {
    ...(retryInMs !== undefined && { retryInMs }),
  });
}

/** Some trackers write a line end behind it. */
function decodeReply(body: Uint8Array): BencodeValue {
  try {
    return decodePrefix(body, limits).value;
  } catch (cause) {
    const start = printableText(body.subarray(0, 40));
    throw new TrackerError('TRACKER_REPLY', `not a tracker's reply: '${start}'`, { cause });
  }
}

/** Minutes, as text or number, or `never` (BEP 31). Anything else says nothing: why it refuses matters more. */
function retryOf(dict: BencodeDict): number | undefined {
  const value = dict['retry in'];
  const said = value instanceof Uint8Array ? printableText(value) : value;
  if (said === 'never') return Number.POSITIVE_INFINITY;
  const minutes = typeof said === 'string' || typeof said === 'number' ? Number(said) : Number.NaN;
  return Number.isFinite(minutes) && minutes > 0 ? minutes * 60_000 : undefined;
}

function peersOf(dict: BencodeDict, key: 'peers' | 'peers6', family: 4 | 6): readonly Endpoint[] {
  const value = dict[key];
  if (value === undefined) return [];
  if (value instanceof Uint8Array) {
    const peers = decodeCompactPeers(value, family, maxPeersOfReply);
    if (peers === undefined) throw malformed(`'${key}' does not come out even`);
    return peers;
  }
  if (!Array.isArray(value)) throw malformed(`'${key}' is no list`);
  return value.flatMap((entry: BencodeValue) => listedPeer(entry, key));
}

/** A peer in the long form. The address may be a name (BEP 3), which is not followed: it could lead anywhere. */
function listedPeer(entry: BencodeValue, key: string): readonly Endpoint[] {
  if (!isDict(entry)) throw malformed(`an entry of '${key}' is no dictionary`);
  const host = bytesOf(entry, 'ip');
  const { port } = entry;
  if (host === undefined || typeof port !== 'number') throw malformed(`an entry of '${key}' is incomplete`);
  const address = normalizeAddress(new TextDecoder().decode(host));
  return address === undefined || port < 0 || port > 65_535 ? [] : [endpoint(address, port)];
}

function secondsOf(dict: BencodeDict, key: string): number | undefined {
  const seconds = countOf(dict, key);
  return seconds === undefined ? undefined : seconds * 1000;
}

function countOf(dict: BencodeDict, key: string): number | undefined {
  const value = dict[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw malformed(`'${key}' is no number`);
  return value < 0 ? undefined : value;
}

function bytesOf(dict: BencodeDict, key: string): Uint8Array | undefined {
  const value = dict[key];
  if (value === undefined || value instanceof Uint8Array) return value;
  throw malformed(`'${key}' is no string`);
}

function isDict(value: BencodeValue | undefined): value is BencodeDict {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function malformed(problem: string): TrackerError {
  return new TrackerError('TRACKER_REPLY', `malformed reply: ${problem}`);
}
