const bitsSet = new Uint8Array(256);
for (let i = 1; i < 256; i++) bitsSet[i] = (i & 1) + (bitsSet[i >> 1] ?? 0);

/**
 * A set of piece numbers, laid out as on the wire: piece 0 is the highest bit of the first byte,
 * spare bits are zero (BEP 3). Keeps its count.
 */
export class Bitfield {
  /** Number of pieces. */
  readonly length: number;
  readonly #bytes: Uint8Array;
  #count = 0;

  constructor(length: number) {
    this.length = length;
    this.#bytes = new Uint8Array((length + 7) >> 3);
  }

  /** A full set of `length` pieces. */
  static full(length: number): Bitfield {
    const field = new Bitfield(length);
    field.setAll();
    return field;
  }

  /**
   * From wire bytes, copied; `undefined` where the length is wrong or a spare bit is set, which
   * BEP 3 answers by dropping the connection.
   */
  static fromBytes(bytes: Uint8Array, length: number): Bitfield | undefined {
    const field = new Bitfield(length);
    if (bytes.length !== field.#bytes.length) return undefined;
    const spare = (8 - (length & 7)) & 7;
    if (spare > 0 && ((bytes[bytes.length - 1] ?? 0) & ((1 << spare) - 1)) !== 0) return undefined;
    field.#bytes.set(bytes);
    for (const byte of bytes) field.#count += bitsSet[byte] ?? 0;
    return field;
  }

  /** How many pieces are in the set. */
  get count(): number {
    return this.#count;
  }

  /** Whether every bit is set. */
  get isFull(): boolean {
    return this.#count === this.length;
  }

  /** Whether no bit is set. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Whether `piece` is in the set; false outside of it. */
  has(piece: number): boolean {
    return this.#isInside(piece) && ((this.#bytes[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0;
  }

  /** Puts `piece` in; true where it was not. Numbers outside the set change nothing. */
  add(piece: number): boolean {
    if (!this.#isInside(piece) || this.has(piece)) return false;
    this.#bytes[piece >> 3] = (this.#bytes[piece >> 3] ?? 0) | (0x80 >> (piece & 7));
    this.#count++;
    return true;
  }

  /** Takes `piece` out; true where it was in. */
  delete(piece: number): boolean {
    if (!this.has(piece)) return false;
    this.#bytes[piece >> 3] = (this.#bytes[piece >> 3] ?? 0) & ~(0x80 >> (piece & 7));
    this.#count--;
    return true;
  }

  /** Sets every bit. */
  setAll(): void {
    this.#bytes.fill(0xff);
    const spare = (8 - (this.length & 7)) & 7;
    const last = this.#bytes.length - 1;
    if (spare > 0) this.#bytes[last] = 0xff << spare;
    this.#count = this.length;
  }

  /** Clears every bit. */
  clear(): void {
    this.#bytes.fill(0);
    this.#count = 0;
  }

  /** A copy that shares nothing with this one. */
  clone(): Bitfield {
    const copy = new Bitfield(this.length);
    copy.#bytes.set(this.#bytes);
    copy.#count = this.#count;
    return copy;
  }

  /** A copy of the wire bytes. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Whether this set holds a piece that `other` lacks. */
  hasAnyNotIn(other: Bitfield): boolean {
    for (let i = 0; i < this.#bytes.length; i++) {
      if (((this.#bytes[i] ?? 0) & ~(other.#bytes[i] ?? 0)) !== 0) return true;
    }
    return false;
  }

  /** The shift takes every number to 32 bits: what it changes is negative, too large or no integer. */
  #isInside(piece: number): boolean {
    return piece >>> 0 === piece && piece < this.length;
  }

  /** Calls `visit` for each piece in the set, lowest first. */
  forEach(visit: (piece: number) => void): void {
    for (let i = 0; i < this.#bytes.length; i++) {
      const byte = this.#bytes[i] ?? 0;
      if (byte === 0) continue;
      for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) visit(i * 8 + bit);
    }
  }
}

/** A {@link Bitfield} that may be looked at only. */
export type ReadonlyBitfield = Pick<
  Bitfield,
  'length' | 'count' | 'isFull' | 'isEmpty' | 'has' | 'hasAnyNotIn' | 'forEach' | 'toBytes' | 'clone'
>;
