import type { Endpoint } from '../common/endpoint.js';
import type { NetworkError } from '../common/errors.js';

/** What a {@link Connection} tells its user. Calls never come from inside a call to the connection. */
export interface ConnectionHandler {
  /** A dialled connection is open. Not called for accepted ones. */
  onConnect(): void;
  /** Bytes arrived. `chunk` is valid during the call only: the memory is used again. */
  onData(chunk: Uint8Array): void;
  /** What was written has left; `bufferedBytes` is low again after `write` returned false. */
  onDrain(): void;
  /** The remote will send no more. The default answer is to close. */
  onEnd(): void;
  /** Gone, once; nothing is called after it. `error` where it failed. */
  onClose(error: NetworkError | undefined): void;
}

/** An ordered, reliable stream of bytes to one remote: TCP, or what a transport puts in its place. */
export interface Connection {
  /** Address and port of the other end. */
  readonly remote: Endpoint;
  /** Our side; `undefined` until connected. */
  readonly local: Endpoint | undefined;
  /** `tcp`, `memory`, or the name of a registered transport. */
  readonly transport: string;
  /** Bytes accepted by `write` that have not left yet. */
  readonly bufferedBytes: number;
  /** Sets who is told of events. Must be called in the turn in which the connection was handed over. */
  setHandler(handler: ConnectionHandler): void;
  /**
   * Sends the chunks in order, as one write where the medium can. The arrays and their memory belong
   * to the connection until `onWritten` is called, which it is exactly once, also when the connection
   * closes first. Returns false when the caller should wait for `onDrain`.
   */
  write(chunks: readonly Uint8Array[], onWritten: () => void): boolean;
  /** Stops `onData` until `resume`. What the system already holds may stay there. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Closes at once. `onClose` follows in a later turn. */
  destroy(): void;
}

/** A bound listening socket. */
export interface Listener {
  /** With the port that was really bound. */
  readonly local: Endpoint;
  /** Stops accepting; connections that were accepted live on. Resolves once closed. */
  close(): Promise<void>;
}

/** A bound datagram socket. */
export interface DatagramSocket {
  /** Where it is bound. */
  readonly local: Endpoint;
  /** Sends one datagram; losses are silent, and so is what the system refuses. */
  send(data: Uint8Array, to: Endpoint): void;
  /** Closes the socket. Later calls do nothing. */
  close(): void;
}

/** Options of {@link Network.dial}. */
export interface DialOptions {
  /** Fails with `NETWORK_TIMEOUT` where no connection is open after this time. */
  readonly timeoutMs: number;
  /** Address of ours to dial from. */
  readonly localAddress?: string;
}

/** All contact with the outside. The default is node's; tests use one in memory. */
export interface Network {
  /** Starts connecting; the outcome reaches the handler that the caller sets at once. */
  dial(remote: Endpoint, options: DialOptions): Connection;
  /** Binds and accepts. Rejects with {@link NetworkError} (`NETWORK_ADDRESS_IN_USE`, …). */
  listen(local: Endpoint, onConnection: (connection: Connection) => void): Promise<Listener>;
  /** Binds a datagram socket. Rejects with {@link NetworkError}. */
  datagram(local: Endpoint, onMessage: (data: Uint8Array, from: Endpoint) => void): Promise<DatagramSocket>;
  /** Addresses of a host name in the system's order. Rejects with `NETWORK_RESOLVE`. */
  resolve(host: string): Promise<readonly string[]>;
}
