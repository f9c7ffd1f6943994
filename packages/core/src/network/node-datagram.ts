import { createSocket, type Socket } from 'node:dgram';
import { type Endpoint, endpoint } from '../common/endpoint.js';
import type { DatagramSocket } from '../ports/network.js';
import { networkError } from './network-error.js';

class NodeDatagramSocket implements DatagramSocket {
  readonly local: Endpoint;
  readonly #socket: Socket;
  #isClosed = false;

  constructor(socket: Socket, local: Endpoint) {
    this.#socket = socket;
    this.local = local;
  }

  send(data: Uint8Array, to: Endpoint): void {
    if (this.#isClosed || to.port === 0) return;
    // A copy: the caller may use its memory again, and the system may not take the datagram at once.
    this.#socket.send(data.slice(), to.port, to.address, ignore);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

/** What the system refuses to send is lost like any other datagram. */
function ignore(): void {}

/** Addresses need no look-up; without this one every send would wait for a later turn. */
function lookupNothing(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, address.includes(':') ? 6 : 4);
}

/** Binds a UDP socket, see `Network.datagram`. */
export function bindUdp(
  local: Endpoint,
  onMessage: (data: Uint8Array, from: Endpoint) => void,
): Promise<DatagramSocket> {
  const socket = createSocket({
    type: local.family === 6 ? 'udp6' : 'udp4',
    ipv6Only: local.family === 6,
    lookup: lookupNothing,
  });
  return new Promise((resolve, reject) => {
    let isBound = false;
    socket.on('error', (error) => {
      if (isBound) return;
      socket.close();
      reject(networkError('cannot bind', local, error));
    });
    socket.on('message', (data, from) => {
      onMessage(new Uint8Array(data.buffer, data.byteOffset, data.length), endpoint(from.address, from.port));
    });
    socket.bind(local.port, local.address, () => {
      isBound = true;
      resolve(new NodeDatagramSocket(socket, endpoint(local.address, socket.address().port)));
    });
  });
}
