import { utf8 } from '../common/bytes.js';
import { WireError } from '../common/errors.js';
import { type ReadonlyReservedBits, ReservedBits, reservedLength } from './reserved-bits.js';

export { type ReadonlyReservedBits, ReservedBits } from './reserved-bits.js';

/** Bytes of a handshake (BEP 3). */
export const handshakeLength = 68;

const prefix = Uint8Array.of(19, ...utf8('BitTorrent protocol'));
const hashLength = 20;
const reservedEnd = prefix.length + reservedLength;
const infoHashEnd = reservedEnd + hashLength;

/** What a handshake says. */
export interface HandshakeFields {
  /** 8 bytes, see {@link ReservedBits}. */
  readonly reserved: Uint8Array;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
}

/** The 68 bytes of a handshake (BEP 3). Throws `WIRE_HANDSHAKE` where a field's length is wrong. */
export function encodeHandshake({ reserved, infoHash, peerId }: HandshakeFields): Uint8Array {
  if (reserved.length !== reservedLength || infoHash.length !== hashLength || peerId.length !== hashLength) {
    throw new WireError('WIRE_HANDSHAKE', 'reserved, infohash and peer id are 8, 20 and 20 bytes');
  }
  const bytes = new Uint8Array(handshakeLength);
  bytes.set(prefix);
  bytes.set(reserved, prefix.length);
  bytes.set(infoHash, reservedEnd);
  bytes.set(peerId, infoHashEnd);
  return bytes;
}

/**
 * Reads one handshake from chunks. Fields show as soon as their bytes are there, because a side that
 * was dialled answers before it has seen the peer id. Views it hands out are the parser's own memory,
 * which nothing writes again: read them only.
 */
export class HandshakeParser {
  readonly #bytes = new Uint8Array(handshakeLength);
  #length = 0;
  #reserved: ReservedBits | undefined;

  /**
   * Takes what belongs to the handshake and returns how many bytes that was; the rest of `chunk` is
   * what follows. Throws `WIRE_HANDSHAKE` at the first byte that no handshake has in its place.
   */
  push(chunk: Uint8Array): number {
    let taken = 0;
    while (this.#length < prefix.length && taken < chunk.length) {
      if (chunk[taken] !== prefix[this.#length]) {
        throw new WireError('WIRE_HANDSHAKE', `not a BitTorrent handshake at byte ${this.#length}`);
      }
      this.#bytes[this.#length++] = chunk[taken++] ?? 0;
    }
    const rest = Math.min(handshakeLength - this.#length, chunk.length - taken);
    if (rest > 0) {
      this.#bytes.set(chunk.subarray(taken, taken + rest), this.#length);
      this.#length += rest;
      taken += rest;
    }
    return taken;
  }

  /** The remote's reserved bits; `undefined` until 28 bytes are there. */
  get reserved(): ReadonlyReservedBits | undefined {
    if (this.#reserved === undefined && this.#length >= reservedEnd) {
      this.#reserved = new ReservedBits(this.#bytes.subarray(prefix.length, reservedEnd));
    }
    return this.#reserved;
  }

  /** 20 bytes; `undefined` until 48 bytes are there. */
  get infoHash(): Uint8Array | undefined {
    return this.#length >= infoHashEnd ? this.#bytes.subarray(reservedEnd, infoHashEnd) : undefined;
  }

  /** 20 bytes; `undefined` until all is there. */
  get peerId(): Uint8Array | undefined {
    return this.isComplete ? this.#bytes.subarray(infoHashEnd) : undefined;
  }

  /** The 68 bytes as received; `undefined` until all is there. */
  get raw(): Uint8Array | undefined {
    return this.isComplete ? this.#bytes : undefined;
  }

  get isComplete(): boolean {
    return this.#length === handshakeLength;
  }
}
