import { type Endpoint, endpoint } from '../common/endpoint.js';
import type { Connection, ConnectionHandler } from './network.js';

/** A connection to nowhere: keeps what is written, and gives it back when a test says so. */
export class FakeConnection implements Connection {
  readonly remote: Endpoint;
  readonly local = undefined;
  readonly transport = 'memory';
  readonly bufferedBytes = 0;
  /** Each write, as one array of bytes. */
  readonly writes: Uint8Array[] = [];
  readonly #unwritten: {
    readonly chunks: readonly Uint8Array[];
    readonly bytes: Uint8Array;
    readonly onWritten: () => void;
  }[] = [];
  handler: ConnectionHandler | undefined;
  isDestroyed = false;
  isEnded = false;
  isPaused = false;

  constructor(remote: Endpoint = endpoint('10.1.1.1', 6881)) {
    this.remote = remote;
  }

  setHandler(handler: ConnectionHandler): void {
    this.handler = handler;
  }

  write(chunks: readonly Uint8Array[], onWritten: () => void): boolean {
    const bytes = new Uint8Array(Buffer.concat(chunks));
    this.writes.push(bytes);
    this.#unwritten.push({ chunks, bytes, onWritten });
    return true;
  }

  /** Every write has left. Throws where somebody used its memory again before that. */
  written(): void {
    for (const { chunks, bytes, onWritten } of this.#unwritten.splice(0)) {
      if (!Buffer.concat(chunks).equals(bytes)) throw new Error('memory of a write was written to');
      onWritten();
    }
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}
