import { concatBytes, StreamAuthenticationError } from '@peerloom/core/plugin';
import { type CipherState, tagLength } from '../noise/cipher-state.js';
import { headerLength, recordsPerKey } from './record-encoder.js';

/** Gives back the bytes of a stream from its records, which come cut anywhere. Keeps one partial record at most. */
export class RecordDecoder {
  readonly #cipher: CipherState;
  #records = 0;
  readonly #header = new Uint8Array(headerLength);
  #headerFilled = 0;
  /** The record that has begun, once its length is known. */
  #record: Uint8Array | undefined;
  #recordFilled = 0;
  /** Memory of the record before, while one follows the other: an idle connection keeps none. */
  #spare: Uint8Array | undefined;

  constructor(cipher: CipherState) {
    this.#cipher = cipher;
  }

  /** What the records that are complete hold. Throws {@link StreamAuthenticationError} for forged ones. */
  readonly decode = (wire: Uint8Array): Uint8Array => {
    const parts: Uint8Array[] = [];
    let rest = wire;
    while (rest.length > 0) {
      if (this.#record === undefined) {
        rest = this.#readHeader(rest);
        if (this.#headerFilled < headerLength) break;
        const length = this.#recordLength();
        if (rest.length >= length) {
          parts.push(this.#open(rest.subarray(0, length)));
          rest = rest.subarray(length);
          this.#headerFilled = 0;
          continue;
        }
        this.#record = this.#takeRecord(length);
        this.#recordFilled = 0;
      }
      const taken = rest.subarray(0, this.#record.length - this.#recordFilled);
      this.#record.set(taken, this.#recordFilled);
      this.#recordFilled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#recordFilled < this.#record.length) break;
      parts.push(this.#open(this.#record));
      this.#spare = new Uint8Array(this.#record.buffer);
      this.#record = undefined;
      this.#headerFilled = 0;
    }
    if (this.#record === undefined) this.#spare = undefined;
    return parts.length === 1 ? (parts[0] as Uint8Array) : concatBytes(...parts);
  };

  #takeRecord(length: number): Uint8Array {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare !== undefined && spare.length >= length ? spare.subarray(0, length) : new Uint8Array(length);
  }

  #readHeader(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, headerLength - this.#headerFilled);
    this.#header.set(taken, this.#headerFilled);
    this.#headerFilled += taken.length;
    return bytes.subarray(taken.length);
  }

  /** Refuses, before anything is kept, what is too short to hold something: work that leads nowhere. */
  #recordLength(): number {
    const [high = 0, low = 0] = this.#header;
    const length = (high << 8) | low;
    if (length <= tagLength) throw new StreamAuthenticationError('an empty record');
    return length;
  }

  #open(record: Uint8Array): Uint8Array {
    let plain: Uint8Array;
    try {
      plain = this.#cipher.decrypt(record);
    } catch {
      throw new StreamAuthenticationError();
    }
    if (++this.#records % recordsPerKey === 0) this.#cipher.rekey();
    return plain;
  }
}
