import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressBytes, type BencodeInput, type Endpoint, encode } from '@peerloom/core';
import { withDeadline } from '../engines/deadline.js';

/** Seconds after which a peer may ask again. */
const intervalSeconds = 5;

/**
 * An HTTP tracker (BEP 3) for engines that learn of peers in no other way: whoever asks is given the same peers
 * (BEP 23, BEP 7), whatever the torrent.
 */
export class Tracker {
  readonly #server: Server;
  readonly #peers: readonly Endpoint[];
  readonly #port: Promise<number>;
  readonly #requests: string[] = [];

  constructor(peers: readonly Endpoint[]) {
    this.#peers = peers;
    this.#server = createServer((request, response) => {
      this.#requests.push(request.url ?? '');
      response.setHeader('content-type', 'text/plain').end(encode(this.#answer()));
    }).listen(0, '127.0.0.1');
    this.#port = once(this.#server, 'listening').then(() => (this.#server.address() as AddressInfo).port);
  }

  #answer(): BencodeInput {
    const compact = (family: 4 | 6): Uint8Array =>
      Buffer.concat(this.#peers.filter((peer) => peer.family === family).map(compactPeer));
    return { interval: intervalSeconds, peers: compact(4), peers6: compact(6) };
  }

  /** What to put into a torrent. */
  async url(): Promise<string> {
    return `http://127.0.0.1:${await this.#port}/announce`;
  }

  describe(): string {
    return ['tracker:', ...this.#requests].join('\n  ');
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await withDeadline(once(this.#server, 'close'), 'the tracker to close');
  }
}

function compactPeer({ address, port }: Endpoint): Uint8Array {
  return Buffer.concat([addressBytes(address), Buffer.from([port >> 8, port & 0xff])]);
}
