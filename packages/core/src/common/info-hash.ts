import { bytesToHex, hexToBytes } from './bytes.js';
import { PeerloomError } from './errors.js';
import { printable } from './printable.js';

/** Length of a v1 infohash in bytes (BEP 3). */
const infoHashLength = 20;

/**
 * The identity of a torrent: the SHA-1 of its raw info dictionary (BEP 3). A type of its own, so
 * that v2 hashes (BEP 52) can join it. Compare by {@link InfoHash.hex}.
 */
export class InfoHash {
  readonly #bytes: Uint8Array;
  /** 40 lower-case hexadecimal digits. */
  readonly hex: string;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.hex = bytesToHex(bytes);
  }

  /** From 20 bytes, copied. Throws `INFO_HASH_INVALID` for any other length. */
  static fromBytes(bytes: Uint8Array): InfoHash {
    if (bytes.length !== infoHashLength) {
      throw new PeerloomError('INFO_HASH_INVALID', `an infohash is 20 bytes, not ${bytes.length}`);
    }
    // Not slice(): a Buffer's slice shares its memory.
    return new InfoHash(new Uint8Array(bytes));
  }

  /** From 40 hexadecimal digits of either case. Throws `INFO_HASH_INVALID`. */
  static fromHex(hex: string): InfoHash {
    const bytes = hexToBytes(hex);
    if (bytes === undefined || bytes.length !== infoHashLength) {
      throw new PeerloomError('INFO_HASH_INVALID', `not 40 hexadecimal digits: '${printable(hex)}'`);
    }
    return new InfoHash(bytes);
  }

  /** A copy of the 20 bytes. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Whether both are the same 20 bytes. */
  equals(other: InfoHash): boolean {
    return this.hex === other.hex;
  }

  /** 40 hexadecimal digits. */
  toString(): string {
    return this.hex;
  }

  /** 40 hexadecimal digits. */
  toJSON(): string {
    return this.hex;
  }
}
