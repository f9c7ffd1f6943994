const smallLength = 32;

/**
 * Memory for a frame that straddles chunks. It grows with what has arrived, not with what a length
 * prefix promises, and goes back to a few bytes after each larger frame, so that idle peers hold none.
 */
export class FrameScratch {
  #bytes = new Uint8Array(smallLength);
  #length = 0;

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Bytes allocated. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** The memory; the first {@link FrameScratch.length} bytes count. Valid until the next `fill`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Copies from `chunk` at `offset` until `target` bytes are held or the chunk ends; returns the new offset. */
  fill(target: number, chunk: Uint8Array, offset: number): number {
    const count = Math.min(target - this.#length, chunk.length - offset);
    const end = this.#length + count;
    if (end > this.#bytes.length) this.#grow(Math.min(target, Math.max(end, this.#bytes.length * 2)));
    for (let i = offset; this.#length < smallLength && i < offset + count; i++) {
      this.#bytes[this.#length++] = chunk[i] ?? 0;
    }
    const left = end - this.#length;
    if (left > 0) {
      const from = offset + count - left;
      this.#bytes.set(new Uint8Array(chunk.buffer, chunk.byteOffset + from, left), this.#length);
      this.#length = end;
    }
    return offset + count;
  }

  /** Forgets what is held. Views of it stay valid until the next `fill`. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > smallLength) this.#bytes = new Uint8Array(smallLength);
  }

  #grow(capacity: number): void {
    const larger = new Uint8Array(capacity);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
