import {
  type Clock,
  type Connection,
  type ConnectionHandler,
  type Endpoint,
  formatEndpoint,
  NetworkError,
  type TimerHandle,
} from '@peerloom/core';
import type { Pipe, PipeReceiver, PipeSignal } from './pipe.js';
import type { Flow, Uplink } from './uplink.js';
import { WriteQueue } from './write-queue.js';

/** What a connection takes from the host it is on. */
export interface ConnectionSite {
  readonly clock: Clock;
  readonly uplink: Uplink;
  /** `write` returns false from so many buffered bytes on; `onDrain` comes at half of it. */
  readonly sendBufferBytes: number;
  /** Bytes that may be on the way, or unread by a paused remote. */
  readonly windowBytes: number;
  /** Whether memory is checked to be left alone until `onWritten`. */
  readonly strictMemory: boolean;
  closed(connection: MemoryConnection): void;
}

/** `ending`: no more writes; closed once all is sent and the remote has ended too. */
type State = 'connecting' | 'open' | 'ending' | 'closed';

/** How long a connection that is ending waits for the remote to end too. */
const lingerMs = 10_000;

/** One side of a stream between two hosts of a memory network. */
export class MemoryConnection implements Connection, Flow, PipeReceiver {
  readonly remote: Endpoint;
  readonly transport = 'memory';
  readonly #site: ConnectionSite;
  readonly #boundTo: Endpoint;
  readonly #writes: WriteQueue;
  #state: State;
  #handler: ConnectionHandler | undefined;
  /** What we send; `undefined` where there is nobody at the other end. */
  #out: Pipe | undefined;
  #in: Pipe | undefined;
  #isDrainDue = false;
  #isPaused = false;
  #hasSentEnd = false;
  #hasRemoteEnded = false;
  /** Of the dial, later of the linger. */
  #timer: TimerHandle | undefined;

  constructor(site: ConnectionSite, local: Endpoint, remote: Endpoint, state: 'connecting' | 'open') {
    this.#site = site;
    this.#boundTo = local;
    this.#writes = new WriteQueue(site.strictMemory);
    this.remote = remote;
    this.#state = state;
  }

  get local(): Endpoint | undefined {
    return this.#state === 'connecting' ? undefined : this.#boundTo;
  }

  /** Port of ours, also while connecting. */
  get localPort(): number {
    return this.#boundTo.port;
  }

  get bufferedBytes(): number {
    return this.#writes.bufferedBytes;
  }

  get isPaused(): boolean {
    return this.#isPaused && this.#state !== 'ending';
  }

  /** Sets where bytes go and where they come from. */
  attach(out: Pipe, incoming: Pipe): void {
    this.#out = out;
    this.#in = incoming;
  }

  /** Fails with `NETWORK_TIMEOUT` where the connection is not open in time. */
  limitDial(timeoutMs: number): void {
    this.#timer = this.#site.clock.setTimeout(() => {
      const message = `no connection to ${formatEndpoint(this.remote)} within ${timeoutMs} ms`;
      this.fail(new NetworkError('NETWORK_TIMEOUT', message));
    }, timeoutMs);
  }

  setHandler(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  write(chunks: readonly Uint8Array[], onWritten: () => void): boolean {
    if (this.#state === 'closed' || this.#state === 'ending') {
      this.#site.clock.setImmediate(onWritten);
      return false;
    }
    this.#writes.add(chunks, onWritten);
    if (this.#state === 'open') this.#site.uplink.request(this);
    if (this.bufferedBytes < this.#site.sendBufferBytes) return true;
    this.#isDrainDue = true;
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#in?.resume();
  }

  end(): void {
    if (this.#state === 'connecting') this.destroy();
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#in?.resume();
    this.#site.uplink.request(this);
  }

  destroy(): void {
    this.fail(undefined);
  }

  /** Closes at once; the remote sees the end of the stream. */
  fail(error: NetworkError | undefined): void {
    if (this.#state === 'closed') return;
    this.#sendEnd();
    this.#close(error);
  }

  /** Closes at once, with an error on both sides. */
  break(): void {
    if (this.#state === 'closed') return;
    this.#out?.reset();
    this.#close(resetError(this.remote));
  }

  /** Ends like a process that is killed: nobody here hears of it, the remote sees a reset. */
  vanish(): void {
    this.#handler = undefined;
    this.#writes.clear();
    this.break();
  }

  sendable(maxBytes: number): number {
    if (this.#state !== 'open' && this.#state !== 'ending') return 0;
    const room = this.#site.windowBytes - (this.#out?.unreadBytes ?? 0);
    return Math.max(0, Math.min(maxBytes, this.bufferedBytes, room));
  }

  transmit(maxBytes: number): void {
    let left = this.sendable(maxBytes);
    if (left > 0) this.#out?.beginPacket();
    while ((this.#state === 'open' || this.#state === 'ending') && !this.#writes.isEmpty) {
      left -= this.#writes.take(left, this.#push);
      if (!this.#writes.finishFirst()) break;
    }
    if (this.#state === 'ending' && this.#writes.isEmpty) this.#finishEnding();
    if (this.#isDrainDue && this.#state === 'open' && this.bufferedBytes <= this.#site.sendBufferBytes / 2) {
      this.#isDrainDue = false;
      this.#handler?.onDrain();
    }
  }

  arriveData(chunk: Uint8Array): void {
    if (this.#state === 'open') this.#handler?.onData(chunk);
  }

  arriveSignal(signal: PipeSignal): void {
    if (this.#state === 'closed') return;
    if (signal === 'open') this.#arriveOpen();
    else if (signal === 'end') this.#arriveEnd();
    else this.#close(this.#state === 'connecting' ? refusedError(this.remote) : resetError(this.remote));
  }

  readonly #push = (bytes: Uint8Array): void => {
    if (this.#out?.isClosed === true) this.#in?.reset();
    else this.#out?.pushData(bytes);
  };

  #arriveOpen(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#clearTimer();
    if (!this.#writes.isEmpty) this.#site.uplink.request(this);
    this.#handler?.onConnect();
  }

  #arriveEnd(): void {
    this.#hasRemoteEnded = true;
    if (this.#state === 'open' && this.#handler !== undefined) this.#handler.onEnd();
    else if (this.#state === 'open') this.end();
    else if (this.#hasSentEnd) this.#close(undefined);
  }

  #finishEnding(): void {
    this.#sendEnd();
    if (this.#hasRemoteEnded) this.#close(undefined);
    else this.#timer ??= this.#site.clock.setTimeout(() => this.#close(undefined), lingerMs);
  }

  #sendEnd(): void {
    if (this.#hasSentEnd) return;
    this.#hasSentEnd = true;
    this.#out?.pushSignal('end');
  }

  #close(error: NetworkError | undefined): void {
    this.#state = 'closed';
    this.#clearTimer();
    this.#in?.close();
    this.#site.closed(this);
    const callbacks = this.#writes.clear();
    this.#site.clock.setImmediate(() => {
      for (const onWritten of callbacks) onWritten();
      this.#handler?.onClose(error);
    });
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#site.clock.clear(this.#timer);
    this.#timer = undefined;
  }
}

function resetError(remote: Endpoint): NetworkError {
  return new NetworkError('NETWORK_RESET', `connection to ${formatEndpoint(remote)} was reset`);
}

function refusedError(remote: Endpoint): NetworkError {
  return new NetworkError('NETWORK_REFUSED', `connection to ${formatEndpoint(remote)} was refused`);
}
