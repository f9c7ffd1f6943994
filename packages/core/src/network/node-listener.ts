import { createServer, type Server } from 'node:net';
import { type Endpoint, endpoint } from '../common/endpoint.js';
import type { Clock } from '../ports/clock.js';
import type { Connection, Listener } from '../ports/network.js';
import { networkError } from './network-error.js';
import { NodeConnection } from './node-connection.js';

/** Connections that the system may hold while we are busy; it may cut this (on Linux `somaxconn`). */
const backlog = 511;

class NodeListener implements Listener {
  readonly local: Endpoint;
  readonly #server: Server;

  constructor(server: Server, local: Endpoint) {
    this.#server = server;
    this.local = local;
  }

  // The server's own callback would wait for the connections that it accepted; the socket closes at once.
  async close(): Promise<void> {
    if (this.#server.listening) this.#server.close();
  }
}

/** Binds and accepts TCP connections, see `Network.listen`. */
export function listenTcp(
  local: Endpoint,
  clock: Clock,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      // Gone before it was accepted.
      socket.destroy();
      return;
    }
    const connection = new NodeConnection(socket, endpoint(remoteAddress, remotePort), clock);
    socket.on('data', (chunk: Buffer) => {
      connection.receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    });
    onConnection(connection);
  });
  return new Promise((resolve, reject) => {
    let isBound = false;
    // Once bound, an error is a failed accept; it concerns that one connection.
    server.on('error', (error) => {
      if (!isBound) reject(networkError('cannot listen on', local, error));
    });
    server.listen({ host: local.address, port: local.port, ipv6Only: local.family === 6, backlog }, () => {
      isBound = true;
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : local.port;
      resolve(new NodeListener(server, endpoint(local.address, port)));
    });
  });
}
