/** Gathers the bytes of a stream and gives them out in the portions asked for. */
export class StreamReader {
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** Bytes of the frame that is coming in, prefix included; 0 where that is not known. */
  #frameLength = 0;

  /** Adds a copy of `chunk`. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(new Uint8Array(chunk));
    this.#length += chunk.length;
  }

  /** Takes `length` bytes; `undefined`, and nothing taken, where there are fewer. */
  take(length: number): Uint8Array | undefined {
    if (this.#length < length) return undefined;
    const all = this.#join();
    this.#chunks = [all.subarray(length)];
    this.#length -= length;
    return all.subarray(0, length);
  }

  /** Takes a frame of the peer protocol without its length prefix; `undefined` where it is not complete. */
  takeFrame(): Uint8Array | undefined {
    if (this.#frameLength === 0) {
      if (this.#length < 4) return undefined;
      const all = this.#join();
      this.#frameLength = 4 + new DataView(all.buffer, all.byteOffset, 4).getUint32(0);
    }
    const frame = this.take(this.#frameLength)?.subarray(4);
    if (frame !== undefined) this.#frameLength = 0;
    return frame;
  }

  #join(): Uint8Array {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const all = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }
}
