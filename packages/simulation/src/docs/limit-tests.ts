import type { LimitName, remoteLimitSettings } from '@peerloom/core';

/** Fixed limits, and settings that bound what a remote can do. */
export type AnyLimit = LimitName | (typeof remoteLimitSettings)[number];

/** Limits that no test meets at their edge yet; a new limit comes with a test. */
type Untested = 'maxMetadataBytes';

/** A test at the edge of a limit: its file below `packages/`, and its title. */
export interface LimitTest {
  readonly file: string;
  readonly title: string;
}

function at(file: string, title: string): LimitTest {
  return { file, title };
}

const messages = 'simulation/src/limits/messages.test.ts';
const requests = 'simulation/src/limits/requests.test.ts';
const connections = 'simulation/src/limits/connections.test.ts';
const torrentInfo = 'core/src/metainfo/torrent-info.test.ts';
const incoming = 'core/src/session/incoming-connections.test.ts';
const uploads = 'core/src/peer/upload-queue.test.ts';
const kept = 'core/src/peer/kept-messages.test.ts';
const handshake = 'core/src/wire/extension-handshake.test.ts';

/** What shows each limit. One that is missing here does not compile. */
export const limitTests: Readonly<Record<Exclude<AnyLimit, Untested>, LimitTest>> = {
  maxTorrentFileBytes: at('core/src/metainfo/metainfo.test.ts', 'takes files of 64 MiB and no byte more'),
  maxPieceCount: at(torrentInfo, 'allow 2 097 152 pieces'),
  minPieceLength: at(torrentInfo, 'allow piece lengths of 1 KiB to 256 MiB, powers of two or not'),
  maxPieceLength: at(torrentInfo, 'allow piece lengths of 1 KiB to 256 MiB, powers of two or not'),
  maxPathElements: at(torrentInfo, 'allow 100 elements in a path'),
  maxUrls: at('core/src/metainfo/urls.test.ts', 'keeps 200 URLs of 4 096 characters and none more or longer'),
  maxUrlLength: at(
    'core/src/metainfo/urls.test.ts',
    'keeps 200 URLs of 4 096 characters and none more or longer',
  ),
  maxMagnetLength: at('core/src/metainfo/magnet.test.ts', 'bounds the link, its trackers and its peers'),
  maxSelectedFiles: at(
    'core/src/metainfo/file-selection.test.ts',
    'may name a million indices, once, and not one more',
  ),
  maxBencodeDepth: at('core/src/bencode/scan.test.ts', 'allows exactly the depth of the limit'),
  maxBencodeTokens: at(
    'core/src/bencode/scan.test.ts',
    'allows exactly the tokens of the limit, keys and containers among them',
  ),
  maxExtensionNames: at(handshake, 'takes 64 names and refuses 65'),
  maxExtensionNameBytes: at(handshake, 'takes a name of 64 bytes and refuses 65'),
  maxClientNameLength: at(handshake, 'makes a client name fit for a terminal'),
  maxAllowedFast: at(
    'simulation/src/handled-suppression/always-done.test.ts',
    'onAllowedFast: no more than 64 are kept, and none twice',
  ),
  maxKeptMessages: at(kept, 'are 4 096 a peer, and a bitfield beside'),
  maxKeptBytesPerTorrent: at(kept, 'take 8 MiB a torrent, all its peers together'),
  keptPendingPlaces: at(incoming, 'are 64 in all, the last 16 of them for addresses known good'),
  maxPendingIncoming: at(incoming, 'are 64 in all, the last 16 of them for addresses known good'),
  maxPendingIncomingPerPrefix: at(incoming, 'are four an IPv4 address'),
  handshakeTimeoutMs: at(incoming, 'has a deadline that trickling bytes do not move'),
  maxPeersPerTorrent: at('core/src/torrent/known-peers.test.ts', 'are 3 000 at most, where none has failed'),
  maxOutstandingRequests: at(
    requests,
    'under way with a fast peer are 500 at most, though it would take more',
  ),
  defaultRequestQueue: at(requests, 'are 250 at most with a peer that does not say'),
  requestTimeoutMs: at(
    requests,
    'wait 60 s for a peer that has sent nothing yet; then it is snubbing, and others are asked',
  ),
  maxRequestLengthBytes: at(requests, 'of 128 KiB are served, and longer ones are invalid'),
  maxConnections: at(connections, '%s are as many as may be: one more is refused until one has gone'),
  maxConnectionsPerTorrent: at(
    connections,
    '%s are as many as may be: one more is refused until one has gone',
  ),
  allowMultipleConnectionsPerIp: at(connections, 'from one address may be several, or one where that is set'),
  inactivityTimeoutMs: at(
    connections,
    'end after two minutes of silence, and not while keep-alives come; ours go out in time',
  ),
  maxExtensionHandshakeBytes: at(messages, 'may have 64 KiB and not a byte more'),
  maxRemoteExtensionNames: at(messages, 'and all later ones may name 128 messages together'),
  maxSuggested: at(
    messages,
    'are kept, sixteen of them, each once: the oldest gives way, and the rest is asked for first',
  ),
  maxGoodAddresses: at(incoming, 'are kept for the 1 024 addresses that were good last'),
  maxDuplicatesPerPiece: at(
    'core/src/torrent/piece-download.test.ts',
    'is remembered for 64 second copies, and no more',
  ),
  maxIncomingRequests: at(uploads, 'are kept up to 2 000; the next is rejected and the connection stays'),
  maxInvalidRequests: at(uploads, 'that are invalid are rejected 300 times, and then it goes'),
  maxWireMessageBytes: at(messages, 'may have 1 MiB; one byte more closes the connection before it is there'),
  maxUnknownMessagesPerMinute: at(
    messages,
    'of an unknown id may come 64 times a minute, whatever its kind, in each minute anew',
  ),
};
