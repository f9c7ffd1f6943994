/** Shortest run of bytes that is taken to be more than chance. */
export const runLength = 16;

/** Where runs of 16 bytes that stand anywhere in `haystack` stand in other bytes, too. */
export class ByteSearch {
  /** Offsets of the runs by their first four bytes: the last one, and for each the one before it. */
  readonly #last = new Map<number, number>();
  readonly #before: Int32Array;
  readonly #haystack: Buffer;

  constructor(haystack: Buffer) {
    this.#haystack = haystack;
    this.#before = new Int32Array(haystack.length);
    for (let at = 0; at + runLength <= haystack.length; at++) {
      const start = haystack.readInt32BE(at);
      this.#before[at] = this.#last.get(start) ?? -1;
      this.#last.set(start, at);
    }
  }

  /** Offset in `needles` of the first run of 16 bytes that is in the haystack; -1 where there is none. */
  findRunOf(needles: Uint8Array): number {
    const wanted = Buffer.from(needles.buffer, needles.byteOffset, needles.length);
    for (let at = 0; at + runLength <= wanted.length; at++) {
      let found = this.#last.get(wanted.readInt32BE(at)) ?? -1;
      while (found >= 0) {
        if (wanted.compare(this.#haystack, found, found + runLength, at, at + runLength) === 0) return at;
        found = this.#before[found] ?? -1;
      }
    }
    return -1;
  }

  /** Whether all of some bytes, however few, are in the haystack. */
  has(needle: Buffer): boolean {
    return this.#haystack.includes(needle);
  }
}
