import {
  type Connection,
  type DatagramSocket,
  type DialOptions,
  type Endpoint,
  type Listener,
  type Network,
  NodeNetwork,
  SystemClock,
} from '@peerloom/core';

/** The system's network, dialling from one address of this machine, so that sessions can be told apart by theirs. */
export class AddressNetwork implements Network {
  readonly #network = new NodeNetwork(new SystemClock());
  readonly #localAddress: string;

  constructor(localAddress: string) {
    this.#localAddress = localAddress;
  }

  dial(remote: Endpoint, options: DialOptions): Connection {
    return this.#network.dial(remote, { ...options, localAddress: this.#localAddress });
  }

  listen(local: Endpoint, onConnection: (connection: Connection) => void): Promise<Listener> {
    return this.#network.listen(local, onConnection);
  }

  datagram(local: Endpoint, onMessage: (data: Uint8Array, from: Endpoint) => void): Promise<DatagramSocket> {
    return this.#network.datagram(local, onMessage);
  }

  resolve(host: string): Promise<readonly string[]> {
    return this.#network.resolve(host);
  }
}
