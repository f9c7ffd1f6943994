import { TestingError } from '../testing-error.js';

interface PendingWrite {
  /** The sender's, which belong to the connection until `onWritten`. */
  readonly chunks: readonly Uint8Array[];
  readonly onWritten: () => void;
  /** Copies from the time of the call, where they are to be compared. */
  readonly copies: readonly Uint8Array[] | undefined;
  chunkIndex: number;
  /** Bytes of the chunk at `chunkIndex` that have left. */
  offset: number;
}

/** What has been written to a connection and not left yet, in order. */
export class WriteQueue {
  readonly #checksMemory: boolean;
  #writes: PendingWrite[] = [];
  #head = 0;
  #bufferedBytes = 0;

  /** `checksMemory`: whether the sender's memory is compared with what it was when its bytes leave. */
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
    const copies = this.#checksMemory ? chunks.map((chunk) => new Uint8Array(chunk)) : undefined;
    this.#writes.push({ chunks: [...chunks], onWritten, copies, chunkIndex: 0, offset: 0 });
    for (const chunk of chunks) this.#bufferedBytes += chunk.length;
  }

  /** Gives at most `maxBytes` of the first write to `sink`, which copies them. Returns how many. */
  take(maxBytes: number, sink: (part: Uint8Array) => void): number {
    const write = this.#writes[this.#head];
    if (write === undefined) return 0;
    let left = maxBytes;
    for (
      let chunk = write.chunks[write.chunkIndex];
      chunk !== undefined;
      chunk = write.chunks[write.chunkIndex]
    ) {
      const length = Math.min(left, chunk.length - write.offset);
      if (length > 0) {
        if (write.copies !== undefined)
          checkUnchanged(chunk, write.copies[write.chunkIndex], write.offset, length);
        sink(length === chunk.length ? chunk : chunk.subarray(write.offset, write.offset + length));
        write.offset += length;
        left -= length;
      }
      if (write.offset < chunk.length) break;
      write.chunkIndex++;
      write.offset = 0;
    }
    this.#bufferedBytes -= maxBytes - left;
    return maxBytes - left;
  }

  /** Gives the first write back to its sender if all of it was taken; false where it was not. */
  finishFirst(): boolean {
    const write = this.#writes[this.#head];
    if (write === undefined || write.chunkIndex < write.chunks.length) return false;
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

/** A sender that uses its memory again too early would send garbage over a real socket. */
function checkUnchanged(
  chunk: Uint8Array,
  copy: Uint8Array | undefined,
  start: number,
  length: number,
): void {
  if (copy === undefined) return;
  const end = start + length;
  if (Buffer.compare(chunk.subarray(start, end), copy.subarray(start, end)) === 0) return;
  const message = `memory given to write() was changed before onWritten (a chunk of ${chunk.length} bytes)`;
  throw new TestingError('TESTING_WRITE_CHANGED', message);
}
