import type { Endpoint, InfoHash, SessionContext } from '@peerloom/core/plugin';
import type { SwarmCounts, UdpReply } from '../../protocol/udp-reply.js';
import {
  type Announcement,
  type AnnounceReply,
  maxPeersOfReply,
  type TrackerRoute,
} from '../announcement.js';
import { TrackerError } from '../tracker-error.js';
import { UdpPort, type UdpQuery } from './udp-port.js';

/** Trackers over UDP (BEP 15, 41). What it promises rejects with {@link TrackerError}, or the signal's reason. */
export class UdpTrackers {
  readonly #session: SessionContext;
  readonly #onStray: () => void;
  /** By the address that they are bound to. */
  readonly #ports = new Map<string, UdpPort>();

  /** `onStray` is called for each datagram that answers nothing that was asked where it comes from. */
  constructor(session: SessionContext, onStray: () => void) {
    this.#session = session;
    this.#onStray = onStray;
  }

  /** Announces, and gives what the tracker answers. */
  async announce(route: TrackerRoute, what: Announcement, signal: AbortSignal): Promise<AnnounceReply> {
    const reply = await this.#ask(
      route,
      (connectionId, transactionId) => ({
        ...what,
        action: 'announce',
        connectionId,
        transactionId,
        infoHash: what.infoHash.toBytes(),
        address: undefined,
        urlData: route.url.path === '/' ? '' : route.url.path,
      }),
      signal,
    );
    if (reply.action !== 'announce') throw unexpected(reply);
    return {
      intervalMs: reply.intervalS * 1000,
      minIntervalMs: undefined,
      seeders: reply.seeders,
      leechers: reply.leechers,
      completed: undefined,
      trackerId: undefined,
      warning: undefined,
      peers: reply.peers.slice(0, maxPeersOfReply),
    };
  }

  /** Numbers of a torrent. */
  async scrape(
    route: TrackerRoute,
    infoHash: InfoHash,
    signal: AbortSignal,
  ): Promise<SwarmCounts | undefined> {
    const infoHashes = [infoHash.toBytes()];
    const reply = await this.#ask(
      route,
      (connectionId, transactionId) => ({ action: 'scrape', connectionId, transactionId, infoHashes }),
      signal,
    );
    if (reply.action !== 'scrape') throw unexpected(reply);
    return reply.counts[0];
  }

  #ask({ remote, localAddress }: TrackerRoute, query: UdpQuery, signal: AbortSignal): Promise<UdpReply> {
    return this.#portFor(remote, localAddress).ask(remote, query, signal);
  }

  #portFor({ family }: Endpoint, localAddress: string | undefined): UdpPort {
    const address = localAddress ?? (family === 6 ? '::' : '0.0.0.0');
    const known = this.#ports.get(address);
    if (known !== undefined) return known;
    const port = new UdpPort(this.#session, address, this.#onStray);
    this.#ports.set(address, port);
    return port;
  }
}

function unexpected({ action }: UdpReply): TrackerError {
  return new TrackerError('TRACKER_REPLY', `the tracker answers something else: ${action}`);
}
