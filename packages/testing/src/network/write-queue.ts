import { TestingError } from '../testing-error.js';

interface PendingWrite {
  /** The sender's chunks, which belong to the connection until `onWritten`. */
  readonly chunks: readonly Uint8Array[];
  /** Their bytes at the time of the call. */
  readonly bytes: Uint8Array;
  readonly onWritten: () => void;
  sentBytes: number;
}

/** What has been written to a connection and not left yet, in order. */
export class WriteQueue {
  readonly #checksMemory: boolean;
  #writes: PendingWrite[] = [];
  #head = 0;
  #bufferedBytes = 0;

  /** `checksMemory`: whether the sender's memory is compared when its bytes leave. */
  constructor(checksMemory: boolean) {
    this.#checksMemory = checksMemory;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#writes.length;
  }

  add(chunks: readonly Uint8Array[], onWritten: () => void): void {
    const bytes = concat(chunks);
    this.#writes.push({ chunks: [...chunks], bytes, onWritten, sentBytes: 0 });
    this.#bufferedBytes += bytes.length;
  }

  /**
   * The next bytes of the first write, at most `maxBytes` of them; perhaps none. `undefined` where nothing
   * is queued.
   */
  take(maxBytes: number): Uint8Array | undefined {
    const write = this.#writes[this.#head];
    if (write === undefined) return undefined;
    const part = write.bytes.subarray(write.sentBytes, write.sentBytes + maxBytes);
    if (this.#checksMemory) checkUnchanged(write.chunks, write.sentBytes, part);
    write.sentBytes += part.length;
    this.#bufferedBytes -= part.length;
    return part;
  }

  /** Gives the first write back to its sender if all of it was taken; false where it was not. */
  finishFirst(): boolean {
    const write = this.#writes[this.#head];
    if (write === undefined || write.sentBytes < write.bytes.length) return false;
    this.#head++;
    if (this.isEmpty) {
      this.#writes = [];
      this.#head = 0;
    }
    write.onWritten();
    return true;
  }

  /** Forgets everything; returns the callbacks that are still to be called. */
  clear(): (() => void)[] {
    const callbacks = this.#writes.slice(this.#head).map(({ onWritten }) => onWritten);
    this.#writes = [];
    this.#head = 0;
    this.#bufferedBytes = 0;
    return callbacks;
  }
}

/**
 * Throws where `part`, which was at `start` of the chunks, no longer is: a sender that uses its memory again
 * too early would send garbage over a real socket.
 */
function checkUnchanged(chunks: readonly Uint8Array[], start: number, part: Uint8Array): void {
  let offset = 0;
  for (const chunk of chunks) {
    const from = Math.max(start, offset);
    const to = Math.min(start + part.length, offset + chunk.length);
    if (from < to) {
      const now = chunk.subarray(from - offset, to - offset);
      if (Buffer.compare(now, part.subarray(from - start, to - start)) !== 0) {
        throw new TestingError(
          'TESTING_WRITE_CHANGED',
          `memory given to write() was changed before onWritten (a chunk of ${chunk.length} bytes)`,
        );
      }
    }
    offset += chunk.length;
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
