import { Duplex } from 'node:stream';
import type { Connection, NetworkError } from '@peerloom/core/plugin';
import { TrackerError } from '../tracker-error.js';

/** Called when a chunk is written, or cannot be. */
type Written = (error?: Error | null) => void;

/**
 * A connection of the network port as a stream of node's, for what is built upon those. It is read from only as long
 * as somebody reads the stream, and written to a chunk at a time. Fails with what the connection fails with, or with
 * `TRACKER_TOO_LARGE` once more than `maxReceivedBytes` have come.
 */
export class ConnectionDuplex extends Duplex {
  readonly #connection: Connection;
  #receivableBytes: number;
  #isOpen: boolean;
  /** Writes what was to be written before the connection was open. */
  #whenOpen: (() => void) | undefined;

  /** Takes the connection in the turn in which it was handed over. */
  constructor(connection: Connection, maxReceivedBytes: number) {
    super();
    this.#connection = connection;
    this.#receivableBytes = maxReceivedBytes;
    this.#isOpen = connection.local !== undefined;
    connection.setHandler({
      onConnect: () => this.#open(),
      onData: (chunk) => this.#receive(chunk),
      // There is one chunk under way, and the next one comes when that is written.
      onDrain: () => undefined,
      onEnd: () => void this.push(null),
      onClose: (error: NetworkError | undefined) => void this.destroy(error),
    });
  }

  override _read(): void {
    this.#connection.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, written: Written): void {
    const write = (): void => void this.#connection.write([chunk], written);
    if (this.#isOpen) write();
    else this.#whenOpen = write;
  }

  override _final(done: Written): void {
    this.#connection.end();
    done();
  }

  override _destroy(error: Error | null, done: Written): void {
    this.#whenOpen = undefined;
    this.#connection.destroy();
    done(error);
  }

  #open(): void {
    this.#isOpen = true;
    this.#whenOpen?.();
    this.#whenOpen = undefined;
  }

  #receive(chunk: Uint8Array): void {
    if (this.destroyed) return;
    this.#receivableBytes -= chunk.length;
    if (this.#receivableBytes < 0) {
      this.destroy(new TrackerError('TRACKER_TOO_LARGE', 'the tracker sends more than it may'));
      return;
    }
    // The connection uses the memory again.
    if (!this.push(Buffer.from(chunk))) this.#connection.pause();
  }
}
