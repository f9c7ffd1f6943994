import { concatBytes, type Endpoint } from '@peerloom/core/plugin';
import { decodeCompactPeers, encodeCompactPeers } from './compact-peers.js';
import { maxUdpScrapeHashes, udpActions, viewOf } from './udp-layout.js';

/** Gives a connection id. */
interface UdpConnectReply {
  readonly action: 'connect';
  /** That of the request. */
  readonly transactionId: number;
  /** 64 bits; the client may use it for a minute. */
  readonly connectionId: bigint;
}

/** Gives peers. */
interface UdpAnnounceReply {
  readonly action: 'announce';
  /** That of the request. */
  readonly transactionId: number;
  /** When to announce again. */
  readonly intervalS: number;
  readonly leechers: number;
  readonly seeders: number;
  /** Of the family of the socket. */
  readonly peers: readonly Endpoint[];
}

/** Numbers of one torrent. */
export interface SwarmCounts {
  /** Peers that have everything. */
  readonly seeders: number;
  /** How often it was downloaded. */
  readonly completed: number;
  /** Peers that have not. */
  readonly leechers: number;
}

/** Gives numbers, in the order of the infohashes that were asked for. */
interface UdpScrapeReply {
  readonly action: 'scrape';
  /** That of the request. */
  readonly transactionId: number;
  /** At most 74. */
  readonly counts: readonly SwarmCounts[];
}

/** Refuses a request. */
interface UdpErrorReply {
  readonly action: 'error';
  /** That of the request. */
  readonly transactionId: number;
  /** For people. */
  readonly message: string;
}

/** A reply of a UDP tracker (BEP 15). */
export type UdpReply = UdpConnectReply | UdpAnnounceReply | UdpScrapeReply | UdpErrorReply;

const headerBytes = 8;
const announceBytes = 20;
const countsBytes = 12;

/** A reply to be written; peers may be in compact form already. */
export type UdpReplyInput =
  | Exclude<UdpReply, UdpAnnounceReply>
  | (Omit<UdpAnnounceReply, 'peers'> & { readonly peers: readonly Endpoint[] | Uint8Array });

/** The packet of a reply. Peers of an announce reply are all of `family`, that of the socket. */
export function encodeUdpReply(reply: UdpReplyInput, family: 4 | 6): Uint8Array {
  const header = new Uint8Array(headerBytes);
  const view = viewOf(header);
  view.setUint32(0, udpActions[reply.action]);
  view.setUint32(4, reply.transactionId);
  return concatBytes(header, body(reply, family));
}

function body(reply: UdpReplyInput, family: 4 | 6): Uint8Array {
  if (reply.action === 'error') return new TextEncoder().encode(reply.message);
  if (reply.action === 'connect') {
    const bytes = new Uint8Array(8);
    viewOf(bytes).setBigUint64(0, reply.connectionId);
    return bytes;
  }
  if (reply.action === 'announce') {
    const { intervalS, leechers, seeders, peers } = reply;
    const compact = peers instanceof Uint8Array ? peers : encodeCompactPeers(peers, family);
    return concatBytes(numbers(intervalS, leechers, seeders), compact);
  }
  return numbers(
    ...reply.counts.flatMap(({ seeders, completed, leechers }) => [seeders, completed, leechers]),
  );
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = viewOf(bytes);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value);
  return bytes;
}

/** Which request a packet answers, if it is a reply; `undefined` where it is too short to be one. */
export function transactionIdOf(bytes: Uint8Array): number | undefined {
  return bytes.length < headerBytes ? undefined : viewOf(bytes).getUint32(4);
}

/**
 * The reply in a packet that came through a socket of `family`; `undefined` where it is none. Bytes after the last
 * whole peer are left out, as other clients do: some trackers cut their packets.
 */
export function decodeUdpReply(bytes: Uint8Array, family: 4 | 6): UdpReply | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = viewOf(bytes);
  const action = view.getUint32(0);
  const transactionId = view.getUint32(4);
  if (action === udpActions.error) {
    return { action: 'error', transactionId, message: new TextDecoder().decode(bytes.subarray(headerBytes)) };
  }
  if (action === udpActions.connect) {
    if (bytes.length < 16) return undefined;
    return { action: 'connect', transactionId, connectionId: view.getBigUint64(8) };
  }
  if (action === udpActions.announce) {
    if (bytes.length < announceBytes) return undefined;
    const whole = bytes.length - ((bytes.length - announceBytes) % (family === 4 ? 6 : 18));
    const peers = decodeCompactPeers(bytes.subarray(announceBytes, whole), family);
    return {
      action: 'announce',
      transactionId,
      intervalS: view.getUint32(8),
      leechers: view.getUint32(12),
      seeders: view.getUint32(16),
      peers: peers ?? [],
    };
  }
  return action === udpActions.scrape ? readScrape(view, transactionId) : undefined;
}

function readScrape(view: DataView, transactionId: number): UdpScrapeReply | undefined {
  const count = (view.byteLength - headerBytes) / countsBytes;
  if (!Number.isInteger(count) || count > maxUdpScrapeHashes) return undefined;
  const counts = Array.from({ length: count }, (_, index) => {
    const at = headerBytes + index * countsBytes;
    return {
      seeders: view.getUint32(at),
      completed: view.getUint32(at + 4),
      leechers: view.getUint32(at + 8),
    };
  });
  return { action: 'scrape', transactionId, counts };
}
