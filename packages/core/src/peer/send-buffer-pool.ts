/** Bytes of a send buffer: many small messages, or the headers of many blocks. */
export const sendBufferLength = 4096;

const maxKept = 256;

/** Keeps buffers for outgoing small messages, so that idle connections own none. */
export class SendBufferPool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(sendBufferLength);
  }

  /** Takes back a buffer that nothing refers to any more. */
  give(buffer: Uint8Array): void {
    if (this.#free.length < maxKept) this.#free.push(buffer);
  }
}
