import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encode } from '@peerloom/core';

/** A tracker that runs. */
export interface Tracker {
  readonly url: string;
  stop(): void;
}

/** Starts an HTTP tracker (BEP 3, BEP 23) that tells everybody of one peer on loopback, for aria2. */
export async function startTracker(peerPort: number): Promise<Tracker> {
  const peers = Buffer.from([127, 0, 0, 1, peerPort >> 8, peerPort & 0xff]);
  const body = encode({ interval: 60, peers });
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/plain').end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/announce`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
