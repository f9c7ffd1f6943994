import {
  type Clock,
  type Connection,
  type DatagramSocket,
  type DialOptions,
  type Endpoint,
  endpoint,
  formatEndpoint,
  isLoopbackAddress,
  type Listener,
  type Network,
  NetworkError,
  type Random,
} from '@peerloom/core';
import { AcceptingEnd } from './accepting-end.js';
import type { ChunkPool } from './chunk-pool.js';
import { Downlink } from './downlink.js';
import type { Link } from './link.js';
import { type ConnectionSite, MemoryConnection } from './memory-connection.js';
import { type DatagramSite, MemoryDatagramSocket } from './memory-datagram.js';
import { Pipe, type PipeEnvironment } from './pipe.js';
import { isWildcard, PortTable } from './port-table.js';
import { Uplink } from './uplink.js';

/** What a host of a {@link MemoryNetwork} can do. */
export interface HostOptions {
  /** Shared by all its connections and datagrams. Default: no limit. */
  readonly uploadBytesPerSecond?: number | undefined;
  /** The same for what it receives. Default: no limit. */
  readonly downloadBytesPerSecond?: number | undefined;
  /**
   * False: as behind an address translator. Streams to it time out; datagrams reach a socket from those
   * only that it has sent to. Default true.
   */
  readonly isReachable?: boolean;
}

/** What a host takes from the network it is on. */
export interface HostEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: ChunkPool;
  readonly maxChunkBytes: number | undefined;
  readonly strictMemory: boolean;
  readonly quantumMs: number;
  readonly sendBufferBytes: number;
  readonly windowBytes: number;
  hostAt(address: string): MemoryHost | undefined;
  linkBetween(from: MemoryHost, to: MemoryHost): Link;
  /** Whether the two are cut off from each other; if so, `restart` is called when they no longer are. */
  isCut(from: MemoryHost, to: MemoryHost, restart: () => void): boolean;
  addressesOf(name: string): readonly string[] | undefined;
}

/** A machine on a {@link MemoryNetwork}: the `Network` of one session. */
export class MemoryHost implements Network {
  /** Its addresses; the first of a family is the one it dials from. */
  readonly addresses: readonly string[];
  readonly #environment: HostEnvironment;
  readonly #uplink: Uplink;
  readonly #downlink: Downlink;
  readonly #connectionSite: ConnectionSite;
  readonly #datagramSite: DatagramSite;
  readonly #listeners = new PortTable<MemoryListener>();
  readonly #sockets = new PortTable<MemoryDatagramSocket>();
  readonly #connections = new Set<MemoryConnection>();
  #isReachable = true;

  /** Made by `MemoryNetwork.host`. */
  constructor(environment: HostEnvironment, addresses: readonly string[]) {
    this.#environment = environment;
    this.addresses = addresses;
    const { clock, sendBufferBytes, windowBytes, strictMemory } = environment;
    const uplink = new Uplink(clock);
    this.#uplink = uplink;
    this.#downlink = new Downlink(clock);
    this.#connectionSite = {
      clock,
      uplink,
      sendBufferBytes,
      windowBytes,
      strictMemory,
      closed: (connection) => {
        this.#connections.delete(connection);
        this.#listeners.giveBack(connection.localPort);
      },
    };
    this.#datagramSite = {
      uplink,
      deliver: (socket, data, to) => this.#deliver(socket, data, to),
      closed: (socket) => this.#sockets.release(socket.local),
    };
  }

  /** Changes what is named in `options`; also while data flows. */
  configure(options: HostOptions): void {
    if ('uploadBytesPerSecond' in options) this.#uplink.bytesPerSecond = options.uploadBytesPerSecond;
    if ('downloadBytesPerSecond' in options) this.#downlink.bytesPerSecond = options.downloadBytesPerSecond;
    if (options.isReachable !== undefined) this.#isReachable = options.isReachable;
  }

  /** Streams that are open or being opened, on this side. */
  get connections(): readonly Connection[] {
    return [...this.#connections];
  }

  dial(remote: Endpoint, { timeoutMs, localAddress }: DialOptions): Connection {
    const address = localAddress ?? this.#sourceAddress(remote);
    if (address === undefined || !this.#owns(address)) {
      return this.#failedDial(remote, address);
    }
    const local = endpoint(address, this.#listeners.lease());
    const connection = new MemoryConnection(this.#connectionSite, local, remote, 'connecting');
    this.#connections.add(connection);
    connection.limitDial(timeoutMs);
    const target = isLoopbackAddress(remote.address) ? this : this.#environment.hostAt(remote.address);
    if (target === undefined) return connection;
    const far: AcceptingEnd = new AcceptingEnd(() => target.#accept(remote, local, back, out));
    const out: Pipe = new Pipe(this.#pipeTo(target, connection), target.#downlink, far);
    const back: Pipe = new Pipe(target.#pipeTo(this, far), this.#downlink, connection);
    connection.attach(out, back);
    out.pushSignal('open');
    return connection;
  }

  async listen(local: Endpoint, onConnection: (connection: Connection) => void): Promise<Listener> {
    this.#checkOwn(local);
    return this.#listeners.bind(
      local,
      (bound) => new MemoryListener(bound, onConnection, () => this.#listeners.release(bound)),
    );
  }

  async datagram(
    local: Endpoint,
    onMessage: (data: Uint8Array, from: Endpoint) => void,
  ): Promise<DatagramSocket> {
    this.#checkOwn(local);
    return this.#sockets.bind(
      local,
      (bound) => new MemoryDatagramSocket(this.#datagramSite, bound, onMessage),
    );
  }

  async resolve(host: string): Promise<readonly string[]> {
    const addresses = this.#environment.addressesOf(host);
    if (addresses === undefined) {
      throw new NetworkError('NETWORK_RESOLVE', `cannot resolve '${host.slice(0, 255)}'`);
    }
    return addresses;
  }

  /** Breaks its streams, all or those to one other host, with an error on both sides. */
  dropConnections(other?: MemoryHost): void {
    for (const connection of [...this.#connections]) {
      if (other === undefined || other.addresses.includes(connection.remote.address)) connection.break();
    }
  }

  /**
   * Ends everything as if the process was killed: nobody here hears of anything any more, remotes see their
   * connections reset. The host can be used again.
   */
  crash(): void {
    for (const connection of [...this.#connections]) connection.vanish();
    for (const listener of this.#listeners.owners()) void listener.close();
    for (const socket of this.#sockets.owners()) socket.close();
  }

  #deliver(socket: MemoryDatagramSocket, data: Uint8Array, to: Endpoint): void {
    const { clock, random } = this.#environment;
    const target = isLoopbackAddress(to.address) ? this : this.#environment.hostAt(to.address);
    if (target === undefined) return;
    const link = this.#environment.linkBetween(this, target);
    if (link.lossRate > 0 && random.next() < link.lossRate) return;
    if (this.#environment.isCut(this, target, ignore)) return;
    const address = isWildcard(socket.local.address) ? this.#sourceAddress(to) : socket.local.address;
    if (address === undefined) return;
    const from = endpoint(address, socket.local.port);
    const delayMs = link.latencyMs + (link.jitterMs > 0 ? random.next() * link.jitterMs : 0);
    clock.setTimeout(() => target.#arriveDatagram(data, from, to), delayMs);
  }

  #arriveDatagram(data: Uint8Array, from: Endpoint, to: Endpoint): void {
    const delayMs = this.#downlink.passedMs(data.length) - this.#environment.clock.now();
    if (delayMs > 0) this.#environment.clock.setTimeout(() => this.#receiveDatagram(data, from, to), delayMs);
    else this.#receiveDatagram(data, from, to);
  }

  #receiveDatagram(data: Uint8Array, from: Endpoint, to: Endpoint): void {
    const socket = this.#sockets.find(to);
    if (socket === undefined) return;
    if (this.#isReachable || this.#owns(from.address) || socket.hasContacted(from)) socket.arrive(data, from);
  }

  /** Somebody asks to open a stream to `local`, one of our endpoints. */
  #accept(local: Endpoint, remote: Endpoint, out: Pipe, incoming: Pipe): MemoryConnection | undefined {
    if (!this.#isReachable && !this.#owns(remote.address)) return undefined;
    const listener = this.#listeners.find(local);
    if (listener === undefined) {
      out.pushSignal('reset');
      return undefined;
    }
    const connection = new MemoryConnection(this.#connectionSite, local, remote, 'open');
    this.#connections.add(connection);
    connection.attach(out, incoming);
    out.pushSignal('open');
    listener.onConnection(connection);
    return connection;
  }

  #pipeTo(to: MemoryHost, sender: MemoryConnection | AcceptingEnd): PipeEnvironment {
    const environment = this.#environment;
    return {
      clock: environment.clock,
      random: environment.random,
      pool: environment.pool,
      maxChunkBytes: environment.maxChunkBytes,
      strictMemory: environment.strictMemory,
      quantumMs: environment.quantumMs,
      link: () => environment.linkBetween(this, to),
      isCut: (restart) => environment.isCut(this, to, restart),
      windowFreed: () => {
        const connection = sender instanceof AcceptingEnd ? sender.accepted : sender;
        if (connection !== undefined) this.#uplink.request(connection);
      },
    };
  }

  #failedDial(remote: Endpoint, address: string | undefined): Connection {
    const connection = new MemoryConnection(
      this.#connectionSite,
      endpoint('0.0.0.0', 0),
      remote,
      'connecting',
    );
    const error =
      address === undefined
        ? new NetworkError('NETWORK_UNREACHABLE', `no way to ${formatEndpoint(remote)}`)
        : new NetworkError('NETWORK_ADDRESS_UNAVAILABLE', `${address} is not an address of this host`);
    connection.fail(error);
    return connection;
  }

  #sourceAddress({ address, family }: Endpoint): string | undefined {
    if (isLoopbackAddress(address)) return family === 6 ? '::1' : '127.0.0.1';
    return this.addresses.find((own) => own.includes(':') === (family === 6));
  }

  #owns(address: string): boolean {
    return this.addresses.includes(address) || isLoopbackAddress(address);
  }

  #checkOwn(local: Endpoint): void {
    if (isWildcard(local.address) || this.#owns(local.address)) return;
    throw new NetworkError('NETWORK_ADDRESS_UNAVAILABLE', `${local.address} is not an address of this host`);
  }
}

class MemoryListener implements Listener {
  readonly local: Endpoint;
  readonly onConnection: (connection: Connection) => void;
  readonly #release: () => void;

  constructor(local: Endpoint, onConnection: (connection: Connection) => void, release: () => void) {
    this.local = local;
    this.onConnection = onConnection;
    this.#release = release;
  }

  async close(): Promise<void> {
    this.#release();
  }
}

function ignore(): void {}
