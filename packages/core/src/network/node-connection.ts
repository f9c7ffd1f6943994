import type { Socket } from 'node:net';
import { type Endpoint, endpoint, formatEndpoint } from '../common/endpoint.js';
import { NetworkError } from '../common/errors.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import type { Connection, ConnectionHandler } from '../ports/network.js';
import { networkError } from './network-error.js';

/** From here on `write` asks to wait. Enough to keep a fast socket busy between two turns. */
const highWaterBytes = 128 * 1024;
/** Down to here before `onDrain`. */
const lowWaterBytes = highWaterBytes / 2;
/** How long a connection that is ending waits for the remote to take the next bytes, or to end too. */
const lingerMs = 10_000;

/** A TCP connection over a socket of node's that was opened with `allowHalfOpen`. */
export class NodeConnection implements Connection {
  readonly remote: Endpoint;
  readonly transport = 'tcp';
  readonly #socket: Socket;
  readonly #clock: Clock;
  #handler: ConnectionHandler | undefined;
  #local: Endpoint | undefined;
  #failure: NetworkError | undefined;
  #bufferedBytes = 0;
  #isDrainWanted = false;
  #isEnding = false;
  /** Of the dial, later of the linger. */
  #timer: TimerHandle | undefined;
  /** `onWritten` and size of each write under way: the stream finishes writes in their order. */
  readonly #callbacks: (() => void)[] = [];
  readonly #sizes: number[] = [];
  /** One function for all writes, so that a write costs no closure. */
  readonly #onWritten = (): void => this.#settleWrite();

  constructor(socket: Socket, remote: Endpoint, clock: Clock) {
    this.#socket = socket;
    this.remote = remote;
    this.#clock = clock;
    if (socket.connecting) socket.once('connect', () => this.#onConnect());
    else this.#local = localOf(socket);
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => {
      this.#failure ??= networkError(this.#local ? 'connection to' : 'cannot connect to', this.remote, error);
    });
    socket.on('close', () => this.#onClose());
  }

  get local(): Endpoint | undefined {
    return this.#local;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  setHandler(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  /** Fails with `NETWORK_TIMEOUT` unless the socket connects in time. */
  limitDial(timeoutMs: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#failure = new NetworkError(
        'NETWORK_TIMEOUT',
        `no connection to ${formatEndpoint(this.remote)} within ${timeoutMs} ms`,
      );
      this.#socket.destroy();
    }, timeoutMs);
  }

  /** Bytes came from the socket. */
  receive(chunk: Uint8Array): void {
    if (!this.#isEnding && !this.#socket.destroyed) this.#handler?.onData(chunk);
  }

  write(chunks: readonly Uint8Array[], onWritten: () => void): boolean {
    const socket = this.#socket;
    let size = 0;
    for (const chunk of chunks) size += chunk.length;
    if (size === 0 || !socket.writable) {
      queueMicrotask(onWritten);
      return socket.writable && !this.#isDrainWanted;
    }
    this.#callbacks.push(onWritten);
    this.#sizes.push(size);
    this.#bufferedBytes += size;
    const last = chunks.length - 1;
    // Corked, the chunks leave as one writev.
    if (last > 0) socket.cork();
    for (let i = 0; i <= last; i++) {
      const chunk = chunks[i];
      if (chunk !== undefined) socket.write(chunk, i === last ? this.#onWritten : undefined);
    }
    if (last > 0) socket.uncork();
    if (this.#bufferedBytes < highWaterBytes) return true;
    this.#isDrainWanted = true;
    return false;
  }

  pause(): void {
    if (!this.#isEnding) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#isEnding = true;
    // Bytes left unread would make the system reset the connection, and the remote lose our last ones.
    this.#socket.resume();
    this.#socket.end();
    this.#linger();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #linger(): void {
    this.#clearTimer();
    this.#timer = this.#clock.setTimeout(() => this.#socket.destroy(), lingerMs);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#clock.clear(this.#timer);
    this.#timer = undefined;
  }

  #onConnect(): void {
    this.#local = localOf(this.#socket);
    if (this.#isEnding) return;
    this.#clearTimer();
    this.#handler?.onConnect();
  }

  #onEnd(): void {
    if (this.#isEnding) return;
    if (this.#handler === undefined) this.end();
    else this.#handler.onEnd();
  }

  #onClose(): void {
    this.#clearTimer();
    this.#isDrainWanted = false;
    // The stream has reported most or all of them; that every one is settled is our promise, not its.
    while (this.#callbacks.length > 0) this.#settleWrite();
    this.#handler?.onClose(this.#failure);
  }

  #settleWrite(): void {
    const onWritten = this.#callbacks.shift();
    // Closing settles all writes; what the stream reports of them afterwards is old news.
    if (onWritten === undefined) return;
    this.#bufferedBytes -= this.#sizes.shift() ?? 0;
    if (this.#isEnding && !this.#socket.destroyed) this.#linger();
    onWritten();
    if (this.#isDrainWanted && this.#bufferedBytes <= lowWaterBytes && this.#socket.writable) {
      this.#isDrainWanted = false;
      this.#handler?.onDrain();
    }
  }
}

function localOf(socket: Socket): Endpoint | undefined {
  const { localAddress, localPort } = socket;
  return localAddress === undefined || localPort === undefined
    ? undefined
    : endpoint(localAddress, localPort);
}
