import { concatBytes, StreamAuthenticationError } from '@peerloom/core/plugin';
import { type CipherState, type Decryption, tagLength } from '../noise/cipher-state.js';
import { headerLength, recordsPerKey } from './record-encoder.js';

/** A record that has begun. */
interface PartialRecord {
  readonly decryption: Decryption;
  /** Bytes of the ciphertext that are still to come, the tag apart. */
  missingBytes: number;
  /** What it holds, which nobody sees before the tag is there. */
  readonly plain: Uint8Array[];
}

/** Pieces shorter than this are joined: a record that comes byte by byte would take hundreds of times its length. */
const shortPieceBytes = 1024;

/** Gives back the bytes of a stream from its records, which come cut anywhere. Keeps one partial record at most. */
export class RecordDecoder {
  readonly #cipher: CipherState;
  #records = 0;
  /** A length or a tag, of which some bytes have come. */
  readonly #short = new Uint8Array(tagLength);
  #shortFilled = 0;
  #record: PartialRecord | undefined;

  constructor(cipher: CipherState) {
    this.#cipher = cipher;
  }

  /** What the records that are complete hold, in pieces. Throws {@link StreamAuthenticationError} for forged ones. */
  readonly decode = (wire: Uint8Array): readonly Uint8Array[] => {
    const pieces: Uint8Array[] = [];
    let rest = wire;
    while (rest.length > 0) {
      if (this.#record === undefined) {
        rest = this.#fillShort(rest, headerLength);
        if (this.#shortFilled < headerLength) break;
        this.#record = this.#begin();
      }
      rest = this.#decrypt(this.#record, rest);
      if (this.#record.missingBytes > 0) break;
      rest = this.#fillShort(rest, tagLength);
      if (this.#shortFilled < tagLength) break;
      this.#finish(this.#record);
      pieces.push(...this.#record.plain);
      this.#record = undefined;
    }
    return pieces;
  };

  /** Takes bytes of a length or a tag; gives what is behind them. */
  #fillShort(bytes: Uint8Array, length: number): Uint8Array {
    const taken = bytes.subarray(0, length - this.#shortFilled);
    this.#short.set(taken, this.#shortFilled);
    this.#shortFilled += taken.length;
    return bytes.subarray(taken.length);
  }

  /** Refuses, before anything is kept, what is too short to hold something: work that leads nowhere. */
  #begin(): PartialRecord {
    const [high = 0, low = 0] = this.#short;
    this.#shortFilled = 0;
    const missingBytes = ((high << 8) | low) - tagLength;
    if (missingBytes <= 0) throw new StreamAuthenticationError('an empty record');
    return { decryption: this.#cipher.beginDecryption(), missingBytes, plain: [] };
  }

  #decrypt(record: PartialRecord, bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, record.missingBytes);
    if (part.length > 0) keep(record.plain, record.decryption.update(part));
    record.missingBytes -= part.length;
    return bytes.subarray(part.length);
  }

  #finish({ decryption }: PartialRecord): void {
    this.#shortFilled = 0;
    try {
      decryption.finish(this.#short);
    } catch {
      throw new StreamAuthenticationError();
    }
    if (++this.#records % recordsPerKey === 0) this.#cipher.rekey();
  }
}

function keep(pieces: Uint8Array[], piece: Uint8Array): void {
  const last = pieces.at(-1);
  const isShort = last !== undefined && last.length < shortPieceBytes && piece.length < shortPieceBytes;
  if (isShort) pieces[pieces.length - 1] = concatBytes(last, piece);
  else pieces.push(piece);
}
