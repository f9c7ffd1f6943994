import type { Clock, DatagramSocket, Endpoint, Network, SecureRandom } from '@peerloom/core/plugin';
import { endpoint } from '@peerloom/core/plugin';
import { compactPeerBytes } from '../../protocol/compact-peers.js';
import { encodeUdpReply, type UdpReplyInput } from '../../protocol/udp-reply.js';
import {
  decodeUdpRequest,
  type UdpAnnounceRequest,
  type UdpRequest,
  type UdpScrapeRequest,
} from '../../protocol/udp-request.js';
import type { TrackerService } from '../tracker-service.js';
import { ConnectionIds } from './connection-ids.js';

/** Longest reply to an announce: with the headers of IP and UDP it passes any usual link whole. */
const maxAnnounceReplyBytes = 1_400;
/** Of it, all but the peers. */
const announceFieldBytes = 20;

/**
 * The tracker over UDP (BEP 15). Who has not shown that he receives at his address is told nothing that is longer than
 * what came from there.
 */
export class UdpTracker {
  readonly #network: Network;
  readonly #service: TrackerService;
  readonly #ids: ConnectionIds;
  readonly #sockets: DatagramSocket[] = [];
  #isClosed = false;

  constructor(network: Network, clock: Clock, secureRandom: SecureRandom, service: TrackerService) {
    this.#network = network;
    this.#service = service;
    this.#ids = new ConnectionIds(secureRandom, clock);
  }

  async listen(local: Endpoint): Promise<Endpoint> {
    const socket: DatagramSocket = await this.#network.datagram(local, (datagram, from) => {
      const request = decodeUdpRequest(datagram);
      if (request === undefined) this.#service.counters.refused.malformed++;
      else socket.send(encodeUdpReply(this.#answer(request, from), from.family), from);
    });
    if (this.#isClosed) socket.close();
    else this.#sockets.push(socket);
    return socket.local;
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  #answer(request: UdpRequest, from: Endpoint): UdpReplyInput {
    const { transactionId } = request;
    if (request.action === 'connect') {
      return { action: 'connect', transactionId, connectionId: this.#ids.issue(from.address) };
    }
    if (!this.#ids.isValid(request.connectionId, from.address)) {
      // Shorter than any request: who has sent it may be somebody else.
      const { failure } = this.#service.refuse('connectionId', { failure: 'connection id' });
      return error(transactionId, failure);
    }
    const refusal = this.#service.admit(from);
    if (refusal !== undefined) return error(transactionId, refusal.failure);
    return request.action === 'announce' ? this.#announce(request, from) : this.#scrape(request);
  }

  #announce(request: UdpAnnounceRequest, { address, family }: Endpoint): UdpReplyInput {
    const { transactionId, port } = request;
    if (port === 0) return this.#malformed(transactionId, 'the port is not 1 to 65535');
    const announce = {
      infoHash: latin1(request.infoHash),
      peerId: latin1(request.peerId),
      peer: endpoint(address, port),
      event: request.event,
      uploadedBytes: request.uploadedBytes,
      downloadedBytes: request.downloadedBytes,
      leftBytes: request.leftBytes,
      wantedPeers: request.numWant,
    };
    const maxPeers = Math.floor((maxAnnounceReplyBytes - announceFieldBytes) / compactPeerBytes(family));
    const reply = this.#service.announce('udp', announce, { maxPeers, allFamilies: false });
    if (reply.failure !== undefined) return error(transactionId, reply.failure);
    return {
      action: 'announce',
      transactionId,
      intervalS: Math.ceil(this.#service.limits.intervalMs / 1000),
      leechers: reply.counts.incomplete,
      seeders: reply.counts.complete,
      peers: Buffer.from(reply.peers.map(({ key }) => key).join(''), 'latin1'),
    };
  }

  #scrape({ transactionId, infoHashes }: UdpScrapeRequest): UdpReplyInput {
    const { maxTorrentsPerScrape } = this.#service.limits;
    if (infoHashes.length > maxTorrentsPerScrape) {
      return this.#malformed(transactionId, `more than ${maxTorrentsPerScrape} torrents`);
    }
    const counts = this.#service.scrape('udp', infoHashes.map(latin1)).map((known) => ({
      seeders: known?.complete ?? 0,
      completed: known?.downloaded ?? 0,
      leechers: known?.incomplete ?? 0,
    }));
    return { action: 'scrape', transactionId, counts };
  }

  #malformed(transactionId: number, failure: string): UdpReplyInput {
    return error(transactionId, this.#service.refuse('malformed', { failure }).failure);
  }
}

function error(transactionId: number, message: string): UdpReplyInput {
  return { action: 'error', transactionId, message };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
