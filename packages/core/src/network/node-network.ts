import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { type Endpoint, endpoint, normalizeAddress } from '../common/endpoint.js';
import { NetworkError } from '../common/errors.js';
import type { Clock } from '../ports/clock.js';
import type { Connection, DatagramSocket, DialOptions, Listener, Network } from '../ports/network.js';
import { systemCode } from './network-error.js';
import { NodeConnection } from './node-connection.js';
import { bindUdp } from './node-datagram.js';
import { listenTcp } from './node-listener.js';

/** Most that one read takes from a dialled socket. */
const readBufferBytes = 256 * 1024;

/**
 * The system's network through node: TCP, UDP and the system's resolver. IPv6 sockets take IPv6 only,
 * so that IPv4 and IPv6 can listen on one port.
 */
export class NodeNetwork implements Network {
  readonly #clock: Clock;
  /**
   * All dialled sockets read into this one: a read is handled before the next one starts. Node offers
   * that for no accepted socket.
   */
  readonly #readBuffer = new Uint8Array(readBufferBytes);

  /** `clock` times dials and lingering closes. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `ENDPOINT_ADDRESS` where `localAddress` is not an IP address. */
  dial(remote: Endpoint, { timeoutMs, localAddress }: DialOptions): Connection {
    const socket = connect({
      host: remote.address,
      port: remote.port,
      ...(localAddress !== undefined && { localAddress: endpoint(localAddress, 0).address }),
      allowHalfOpen: true,
      noDelay: true,
      onread: {
        buffer: this.#readBuffer,
        callback: (length, buffer) => {
          connection.receive(new Uint8Array(buffer.buffer, buffer.byteOffset, length));
          return true;
        },
      },
    });
    const connection = new NodeConnection(socket, remote, this.#clock);
    connection.limitDial(timeoutMs);
    return connection;
  }

  listen(local: Endpoint, onConnection: (connection: Connection) => void): Promise<Listener> {
    return listenTcp(local, this.#clock, onConnection);
  }

  datagram(local: Endpoint, onMessage: (data: Uint8Array, from: Endpoint) => void): Promise<DatagramSocket> {
    return bindUdp(local, onMessage);
  }

  async resolve(host: string): Promise<readonly string[]> {
    // Node would take no name for the name of this machine, and warn.
    if (host === '') throw cannotResolve(host, 'empty', undefined);
    const found = await lookup(host, { all: true, verbatim: true }).catch((cause: unknown) => {
      throw cannotResolve(host, systemCode(cause), cause);
    });
    return [...new Set(found.map(({ address }) => normalizeAddress(address) ?? address))];
  }
}

function cannotResolve(host: string, why: string, cause: unknown): NetworkError {
  return new NetworkError('NETWORK_RESOLVE', `cannot resolve '${host.slice(0, 255)}': ${why}`, { cause });
}
