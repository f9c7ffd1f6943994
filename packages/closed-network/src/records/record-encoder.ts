import { type CipherState, tagLength } from '../noise/cipher-state.js';

/** Bytes in front of a record: its length, big-endian. */
export const headerLength = 2;
/** Longest record: the longest message of the Noise framework. */
const maxRecordLength = 65_535;
const maxPlainLength = maxRecordLength - tagLength;
/** Records under one key. Nonces would last for longer; a key that leaks should not tell more. */
export const recordsPerKey = 65_536;

/** Makes encrypted records of the bytes of a stream: each as long as it may be, so few messages cost many. */
export class RecordEncoder {
  readonly #cipher: CipherState;
  #records = 0;

  constructor(cipher: CipherState) {
    this.#cipher = cipher;
  }

  /** The records that hold `plain`, one after the other. */
  readonly encode = (plain: Uint8Array): Uint8Array => {
    const count = Math.ceil(plain.length / maxPlainLength);
    // All of it is written below.
    const wire = Buffer.allocUnsafeSlow(plain.length + count * (headerLength + tagLength));
    let written = 0;
    for (let start = 0; start < plain.length; start += maxPlainLength) {
      const part = plain.subarray(start, start + maxPlainLength);
      const length = part.length + tagLength;
      wire[written] = length >> 8;
      wire[written + 1] = length & 0xff;
      this.#cipher.encryptInto(wire, written + headerLength, part);
      written += headerLength + length;
      if (++this.#records % recordsPerKey === 0) this.#cipher.rekey();
    }
    return wire;
  };
}
