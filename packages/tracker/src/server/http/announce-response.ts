import { addressFromBytes, type BencodeInput, concatBytes, encode } from '@peerloom/core/plugin';
import { compactPeerBytes } from '../../protocol/compact-peers.js';
import type { SwarmCounts } from '../announce.js';
import type { HeldPeer } from '../swarm/swarm.js';
import type { TrackerServerLimits } from '../tracker-server-options.js';
import type { AnnounceReply } from '../tracker-service.js';
import type { PeersForm } from './announce-query.js';

const portBytes = 2;

/** A refusal as a bencoded reply (BEP 3). */
export function encodeFailure(failure: string): Uint8Array {
  return encode({ 'failure reason': failure });
}

/** The reply to an announce (BEP 3, 7, 23, 48). */
export function encodeAnnounceReply(
  { counts, peers, warning }: AnnounceReply,
  form: PeersForm,
  { intervalMs, minIntervalMs }: TrackerServerLimits,
): Uint8Array {
  return encode({
    ...counts,
    interval: toSeconds(intervalMs),
    'min interval': toSeconds(minIntervalMs),
    ...(form.isCompact ? compactPeers(peers) : { peers: peers.map((peer) => peerDict(peer, form)) }),
    'warning message': warning,
  });
}

/** The reply to a scrape (BEP 48); torrents without counts are left out. */
export function encodeScrapeReply(
  infoHashes: readonly string[],
  counts: readonly (SwarmCounts | undefined)[],
  { minIntervalMs }: TrackerServerLimits,
): Uint8Array {
  const files = infoHashes
    .map((infoHash, i) => ({ infoHash, counts: counts[i] }))
    .sort((a, b) => (a.infoHash < b.infoHash ? -1 : 1))
    .flatMap((file) => (file.counts === undefined ? [] : [fileEntry(file.infoHash, file.counts)]));
  // Keys of 20 arbitrary bytes, which no dictionary of text can have.
  const flags = encode({ min_request_interval: toSeconds(minIntervalMs) });
  return concatBytes(ascii('d5:filesd'), ...files, ascii('e5:flags'), flags, ascii('e'));
}

function fileEntry(infoHash: string, counts: SwarmCounts): Uint8Array {
  return concatBytes(ascii(`${infoHash.length}:`), Buffer.from(infoHash, 'latin1'), encode({ ...counts }));
}

/** `peers6` only where there are any: who does not know it must not be bothered. */
function compactPeers(peers: readonly HeldPeer[]): { peers: Uint8Array; peers6: Uint8Array | undefined } {
  const peers6 = joinKeys(peers, compactPeerBytes(6));
  return { peers: joinKeys(peers, compactPeerBytes(4)), peers6: peers6.length > 0 ? peers6 : undefined };
}

/** The keys of this length, which are endpoints in compact form. */
function joinKeys(peers: readonly HeldPeer[], length: number): Uint8Array {
  return Buffer.from(peers.map(({ key }) => (key.length === length ? key : '')).join(''), 'latin1');
}

function peerDict({ key, peerId }: HeldPeer, { omitsPeerIds }: PeersForm): BencodeInput {
  const compact = Buffer.from(key, 'latin1');
  const address = compact.subarray(0, compact.length - portBytes);
  return {
    ip: addressFromBytes(address) ?? '',
    'peer id': omitsPeerIds ? undefined : Buffer.from(peerId, 'latin1'),
    port: compact.readUInt16BE(address.length),
  };
}

function toSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
