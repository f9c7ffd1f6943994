const dictByte = 0x64;
const endByte = 0x65;
const integerByte = 0x69;
const listByte = 0x6c;
const colonByte = 0x3a;
const minusByte = 0x2d;
const zeroByte = 0x30;

/**
 * Walks over values that a scan has found well formed, making nothing of them: for what holds so many of them
 * that an object for each would be felt. What it is asked for must be what is there.
 */
export class Walker {
  readonly #bytes: Uint8Array;
  /** Offset of the value, the key or the end of a container that comes next. */
  position: number;
  /** Values and keys that were passed over. */
  tokens = 0;
  /** Offset of the first byte of the string that was passed over last; it ended at the position then. */
  stringStart = 0;

  /** @param position Offset of a value. */
  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  get isDict(): boolean {
    return this.#bytes[this.position] === dictByte;
  }

  get isList(): boolean {
    return this.#bytes[this.position] === listByte;
  }

  get isInteger(): boolean {
    return this.#bytes[this.position] === integerByte;
  }

  get isString(): boolean {
    const byte = this.#bytes[this.position] ?? 0;
    return byte >= zeroByte && byte <= zeroByte + 9;
  }

  /** Whether the list or dictionary that was entered ends here. */
  get isEnd(): boolean {
    return this.#bytes[this.position] === endByte;
  }

  /** Goes to the first item of a list, or the first key of a dictionary. */
  enter(): void {
    this.tokens++;
    this.position++;
  }

  /** Goes past the end of a list or dictionary. */
  leave(): void {
    this.position++;
  }

  /** Passes over a string, or a key. */
  string(): void {
    let length = 0;
    let position = this.position;
    for (; this.#bytes[position] !== colonByte; position++) {
      length = length * 10 + ((this.#bytes[position] ?? 0) - zeroByte);
    }
    this.tokens++;
    this.stringStart = position + 1;
    this.position = position + 1 + length;
  }

  /** Passes over an integer and returns it. */
  integer(): number {
    const isNegative = this.#bytes[++this.position] === minusByte;
    if (isNegative) this.position++;
    let value = 0;
    for (; !this.isEnd; this.position++) value = value * 10 + ((this.#bytes[this.position] ?? 0) - zeroByte);
    this.tokens++;
    this.position++;
    return isNegative ? -value : value;
  }

  /** Passes over any value. */
  skip(): void {
    let depth = 0;
    do {
      if (this.isEnd) {
        this.leave();
        depth--;
      } else if (this.isString) {
        this.string();
      } else if (this.isInteger) {
        this.integer();
      } else {
        this.enter();
        depth++;
      }
    } while (depth > 0);
  }

  /** Whether the string that was passed over last is `expected`. */
  stringIs(expected: Uint8Array): boolean {
    if (this.position - this.stringStart !== expected.length) return false;
    for (let i = 0; i < expected.length; i++) {
      if (this.#bytes[this.stringStart + i] !== expected[i]) return false;
    }
    return true;
  }

  /** A view of the string that was passed over last. */
  stringBytes(): Uint8Array {
    return this.#bytes.subarray(this.stringStart, this.position);
  }
}
