import type { Endpoint } from '../common/endpoint.js';
import { ContextClosedError, type NetworkError } from '../common/errors.js';
import type {
  Connection,
  ConnectionHandler,
  DatagramSocket,
  DialOptions,
  Listener,
  Network,
} from '../ports/network.js';
import { ignoringHandler } from './ignoring-handler.js';
import type { PluginScope } from './plugin-scope.js';

/** A network whose handlers are guarded, and whose sockets close with the plugin's scope. */
export class OwnedNetwork implements Network {
  readonly #network: Network;
  readonly #scope: PluginScope;

  constructor(network: Network, scope: PluginScope) {
    this.#network = network;
    this.#scope = scope;
  }

  dial(remote: Endpoint, options: DialOptions): Connection {
    this.#checkOpen();
    return new OwnedConnection(this.#network.dial(remote, options), this.#scope);
  }

  async listen(local: Endpoint, onConnection: (connection: Connection) => void): Promise<Listener> {
    this.#checkOpen();
    const listener = await this.#network.listen(local, (connection) => {
      const owned = new OwnedConnection(connection, this.#scope);
      this.#scope.run('network listener', () => onConnection(owned));
    });
    const disown = this.#scope.own(() => void listener.close());
    return {
      local: listener.local,
      close: () => {
        disown();
        return listener.close();
      },
    };
  }

  async datagram(
    local: Endpoint,
    onMessage: (data: Uint8Array, from: Endpoint) => void,
  ): Promise<DatagramSocket> {
    this.#checkOpen();
    const socket = await this.#network.datagram(local, (data, from) =>
      this.#scope.run('network datagram', () => onMessage(data, from)),
    );
    const disown = this.#scope.own(() => socket.close());
    return {
      local: socket.local,
      send: (data, to) => socket.send(data, to),
      close: () => {
        disown();
        socket.close();
      },
    };
  }

  async resolve(host: string): Promise<readonly string[]> {
    this.#checkOpen();
    return this.#network.resolve(host);
  }

  #checkOpen(): void {
    if (this.#scope.isClosed) throw new ContextClosedError(`${this.#scope.name}: network`);
  }
}

class OwnedConnection implements Connection {
  readonly #inner: Connection;
  readonly #scope: PluginScope;
  readonly #disown: () => void;

  constructor(inner: Connection, scope: PluginScope) {
    this.#inner = inner;
    this.#scope = scope;
    this.#disown = scope.own(() => inner.destroy());
    inner.setHandler(this.#guard(ignoringHandler));
  }

  get remote(): Endpoint {
    return this.#inner.remote;
  }

  get local(): Endpoint | undefined {
    return this.#inner.local;
  }

  get transport(): string {
    return this.#inner.transport;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  setHandler(handler: ConnectionHandler): void {
    this.#inner.setHandler(this.#guard(handler));
  }

  write(chunks: readonly Uint8Array[], onWritten: () => void): boolean {
    return this.#inner.write(chunks, () => this.#scope.run('network write', onWritten));
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(): void {
    this.#inner.end();
  }

  destroy(): void {
    this.#inner.destroy();
  }

  #guard(handler: ConnectionHandler): ConnectionHandler {
    const run = (what: string, call: () => void): void => {
      this.#scope.run(`network ${what}`, call);
    };
    return {
      onConnect: () => run('connect', () => handler.onConnect()),
      onData: (chunk) => run('data', () => handler.onData(chunk)),
      onDrain: () => run('drain', () => handler.onDrain()),
      onEnd: () => run('end', () => handler.onEnd()),
      onClose: (error: NetworkError | undefined) => {
        this.#disown();
        run('close', () => handler.onClose(error));
      },
    };
  }
}
