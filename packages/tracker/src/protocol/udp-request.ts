import { addressBytes, addressFromBytes, concatBytes } from '@peerloom/core/plugin';
import type { AnnounceEvent } from './announce-event.js';
import { hashBytes, maxUdpScrapeHashes, readCount, udpActions, udpProtocolId, viewOf } from './udp-layout.js';
import { decodeUdpOptions, encodeUdpOptions } from './udp-options.js';

/** Asks for a connection id. */
interface UdpConnectRequest {
  readonly action: 'connect';
  /** 32 bits that come back in the reply. */
  readonly transactionId: number;
}

/** Tells of a peer, and asks for others. */
export interface UdpAnnounceRequest {
  readonly action: 'announce';
  /** 64 bits, from a connect reply. */
  readonly connectionId: bigint;
  /** 32 bits that come back in the reply. */
  readonly transactionId: number;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /** Bytes, up to 2^53 - 1. */
  readonly downloadedBytes: number;
  /** Bytes, up to 2^53 - 1. */
  readonly leftBytes: number;
  /** Bytes, up to 2^53 - 1. */
  readonly uploadedBytes: number;
  readonly event: AnnounceEvent;
  /** IPv4 address that the peer asks to be known by; `undefined`: the sender's. */
  readonly address: string | undefined;
  /** 32 bits by which the peer is known when its address changes. */
  readonly key: number;
  /** How many peers it wants; `undefined`: as many as the tracker gives. */
  readonly numWant: number | undefined;
  /** Where the peer listens, 0 to 65535. */
  readonly port: number;
  /** Path and query of the tracker's URL (BEP 41), `''` for none, and where the options make no sense. */
  readonly urlData: string;
}

/** Asks for numbers of torrents. */
export interface UdpScrapeRequest {
  readonly action: 'scrape';
  /** 64 bits, from a connect reply. */
  readonly connectionId: bigint;
  /** 32 bits that come back in the reply. */
  readonly transactionId: number;
  /** 1 to 74 of 20 bytes each. */
  readonly infoHashes: readonly Uint8Array[];
}

/** A request to a UDP tracker (BEP 15). */
export type UdpRequest = UdpConnectRequest | UdpAnnounceRequest | UdpScrapeRequest;

const headerBytes = 16;
const announceBytes = 98;
/** In order of their numbers. */
const events: readonly AnnounceEvent[] = ['none', 'completed', 'started', 'stopped'];
const anyCount = -1;

/** The packet of a request. */
export function encodeUdpRequest(request: UdpRequest): Uint8Array {
  if (request.action === 'connect') return header(udpProtocolId, request);
  const start = header(request.connectionId, request);
  if (request.action === 'scrape') return concatBytes(start, ...request.infoHashes);
  return concatBytes(start, announceFields(request), encodeUdpOptions(request.urlData));
}

function header(connectionId: bigint, { action, transactionId }: UdpRequest): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = viewOf(bytes);
  view.setBigUint64(0, connectionId);
  view.setUint32(8, udpActions[action]);
  view.setUint32(12, transactionId);
  return bytes;
}

function announceFields(request: UdpAnnounceRequest): Uint8Array {
  const bytes = new Uint8Array(announceBytes - headerBytes);
  const view = viewOf(bytes);
  bytes.set(request.infoHash, 0);
  bytes.set(request.peerId, 20);
  view.setBigUint64(40, BigInt(request.downloadedBytes));
  view.setBigUint64(48, BigInt(request.leftBytes));
  view.setBigUint64(56, BigInt(request.uploadedBytes));
  view.setUint32(64, events.indexOf(request.event));
  if (request.address !== undefined) bytes.set(addressBytes(request.address), 68);
  view.setUint32(72, request.key);
  view.setInt32(76, request.numWant ?? anyCount);
  view.setUint16(80, request.port);
  return bytes;
}

/** The request in a packet; `undefined` where it is none. */
export function decodeUdpRequest(bytes: Uint8Array): UdpRequest | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = viewOf(bytes);
  const connectionId = view.getBigUint64(0);
  const action = view.getUint32(8);
  const transactionId = view.getUint32(12);
  if (action === udpActions.connect) {
    return connectionId === udpProtocolId ? { action: 'connect', transactionId } : undefined;
  }
  if (action === udpActions.announce) return readAnnounce(bytes, connectionId, transactionId);
  if (action === udpActions.scrape) return readScrape(bytes, connectionId, transactionId);
  return undefined;
}

function readAnnounce(
  bytes: Uint8Array,
  connectionId: bigint,
  transactionId: number,
): UdpAnnounceRequest | undefined {
  if (bytes.length < announceBytes) return undefined;
  const view = viewOf(bytes);
  const numWant = view.getInt32(92);
  return {
    action: 'announce',
    connectionId,
    transactionId,
    infoHash: new Uint8Array(bytes.subarray(16, 36)),
    peerId: new Uint8Array(bytes.subarray(36, 56)),
    downloadedBytes: readCount(view, 56),
    leftBytes: readCount(view, 64),
    uploadedBytes: readCount(view, 72),
    // BEP 15 leaves room for more of both.
    event: events[view.getUint32(80)] ?? 'none',
    address: view.getUint32(84) === 0 ? undefined : addressFromBytes(bytes.subarray(84, 88)),
    key: view.getUint32(88),
    numWant: numWant < 0 ? undefined : numWant,
    port: view.getUint16(96),
    urlData: decodeUdpOptions(bytes.subarray(announceBytes)) ?? '',
  };
}

function readScrape(
  bytes: Uint8Array,
  connectionId: bigint,
  transactionId: number,
): UdpScrapeRequest | undefined {
  const hashes = new Uint8Array(bytes.subarray(headerBytes));
  const count = hashes.length / hashBytes;
  if (!Number.isInteger(count) || count < 1 || count > maxUdpScrapeHashes) return undefined;
  const infoHashes = Array.from({ length: count }, (_, index) =>
    hashes.subarray(index * hashBytes, (index + 1) * hashBytes),
  );
  return { action: 'scrape', connectionId, transactionId, infoHashes };
}
