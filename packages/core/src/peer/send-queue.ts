import { PluginError } from '../common/errors.js';
import type { SendTransform } from '../plugin/hold.js';
import type { Connection } from '../ports/network.js';
import { type SendBufferPool, sendBufferLength } from './send-buffer-pool.js';

const nothing = new Uint8Array(0);
/** Longest memory that is kept for the next time. */
const maxSpareBytes = 1024 * 1024;
/** Where the next bytes to be encrypted are joined, of whatever connection. */
let spare = nothing;

/** Encrypts chunks of `length` bytes in all as one. */
function encryptJoined(
  encrypt: SendTransform,
  chunks: readonly Uint8Array[],
  length: number,
): readonly Uint8Array[] {
  const joined = spare.length >= length ? spare : new Uint8Array(length);
  // The plugin may have another connection flush its bytes meanwhile.
  spare = nothing;
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  try {
    const wire = encrypt(joined.subarray(0, length));
    return wire instanceof Uint8Array ? [wire] : wire;
  } finally {
    if (joined.length <= maxSpareBytes && joined.length > spare.length) spare = joined;
  }
}

/**
 * Bytes on their way to one remote. Small messages are written into shared buffers, content is queued as
 * views; one flush hands everything to the connection in a single write.
 */
export class SendQueue {
  readonly #pool: SendBufferPool;
  readonly #onWritten: () => void;
  #chunks: Uint8Array[] = [];
  #releases: (() => void)[] = [];
  #buffers: Uint8Array[] = [];
  #buffer: Uint8Array | undefined;
  #start = 0;
  #end = 0;
  #queuedBytes = 0;
  #isFrozen = false;
  #encrypt: SendTransform | undefined;

  /** `onWritten` is called whenever the system has taken what one flush gave to the connection. */
  constructor(pool: SendBufferPool, onWritten: () => void) {
    this.#pool = pool;
    this.#onWritten = onWritten;
  }

  /** Bytes that `flush` would send, or that wait behind a freeze. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  get isEncrypted(): boolean {
    return this.#encrypt !== undefined;
  }

  /**
   * Room for a message of at most {@link sendBufferLength} bytes: write from `offset` on, then call
   * {@link commit} with the offset after the last byte.
   */
  reserve(length: number): Uint8Array {
    if (this.#buffer === undefined || this.#end + length > sendBufferLength) {
      this.#cut();
      this.#buffer = this.#pool.take();
      this.#buffers.push(this.#buffer);
      this.#start = 0;
      this.#end = 0;
    }
    return this.#buffer;
  }

  /** Where in the reserved buffer to write. */
  get offset(): number {
    return this.#end;
  }

  commit(end: number): void {
    this.#queuedBytes += end - this.#end;
    this.#end = end;
  }

  /** Queues views; `release` is called once when nothing refers to them any more. */
  append(chunks: readonly Uint8Array[], release?: () => void): void {
    this.#cut();
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#chunks.push(chunk);
      this.#queuedBytes += chunk.length;
    }
    if (release) this.#releases.push(release);
  }

  #cut(): void {
    if (this.#buffer !== undefined && this.#end > this.#start) {
      this.#chunks.push(this.#buffer.subarray(this.#start, this.#end));
      this.#start = this.#end;
    }
  }

  /** Sends what is queued before the call in plain; everything later waits for the upgrade. */
  freeze(connection: Connection): void {
    if (this.#encrypt) throw new PluginError('PLUGIN_UPGRADE_TWICE', 'sending is upgraded already');
    if (this.#isFrozen) return;
    this.flush(connection);
    this.#isFrozen = true;
  }

  /** Sends what is queued in plain unless frozen; everything later is encrypted. */
  upgrade(connection: Connection, encrypt: SendTransform): void {
    if (this.#encrypt) throw new PluginError('PLUGIN_UPGRADE_TWICE', 'sending is upgraded already');
    if (!this.#isFrozen) this.flush(connection);
    this.#isFrozen = false;
    this.#encrypt = encrypt;
  }

  /** Hands everything to the connection; how many bytes go on the wire. */
  flush(connection: Connection): number {
    if (this.#queuedBytes === 0 || this.#isFrozen) return 0;
    this.#cut();
    const chunks = this.#chunks;
    const settle = this.#takeOwnership();
    if (this.#encrypt === undefined) {
      const bytes = this.#lastQueuedBytes;
      connection.write(chunks, () => {
        settle();
        this.#onWritten();
      });
      return bytes;
    }
    let wire: readonly Uint8Array[];
    try {
      wire = encryptJoined(this.#encrypt, chunks, this.#lastQueuedBytes);
    } finally {
      settle();
    }
    const bytes = wire.reduce((sum, { length }) => sum + length, 0);
    if (bytes > 0) connection.write(wire, this.#onWritten);
    return bytes;
  }

  #lastQueuedBytes = 0;

  /** Empties the queue; the result gives back what it owned, once. */
  #takeOwnership(): () => void {
    const releases = this.#releases;
    const buffers = this.#buffers;
    this.#lastQueuedBytes = this.#queuedBytes;
    this.#chunks = [];
    this.#releases = [];
    this.#buffers = [];
    this.#buffer = undefined;
    this.#queuedBytes = 0;
    return () => {
      for (const buffer of buffers) this.#pool.give(buffer);
      for (const release of releases) release();
    };
  }

  /** Throws away what is queued. */
  clear(): void {
    this.#takeOwnership()();
  }
}
