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

  /** The records that hold `plain`, one after the other, in pieces: each ciphertext stays where it was made. */
  readonly encode = (plain: Uint8Array): readonly Uint8Array[] => {
    const pieces: Uint8Array[] = [];
    const count = Math.ceil(plain.length / maxPlainLength);
    // What stands between ciphertexts, one after the other: a length, then a tag with the next length behind it.
    const between = Buffer.allocUnsafeSlow(count * (headerLength + tagLength));
    let from = 0;
    let to = 0;
    for (let start = 0; start < plain.length; start += maxPlainLength) {
      const part = plain.subarray(start, start + maxPlainLength);
      to = between.writeUInt16BE(part.length + tagLength, to);
      pieces.push(between.subarray(from, to));
      from = to;
      pieces.push(this.#cipher.encryptApart(part, between, to));
      to += tagLength;
      if (++this.#records % recordsPerKey === 0) this.#cipher.rekey();
    }
    if (to > from) pieces.push(between.subarray(from, to));
    return pieces;
  };
}
