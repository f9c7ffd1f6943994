import { WireError } from '../common/errors.js';

/** Number of reserved bytes in the handshake (BEP 3). */
export const reservedLength = 8;

const bitNumbers = { dht: 0, fast: 2, extensionProtocol: 20 } as const;

/**
 * The handshake's reserved bits, to be read. Bits are numbered 0 to 63 from the right, as BEP 10
 * counts them: bit 0 is the lowest bit of the last byte, bit 63 the highest bit of the first.
 */
export interface ReadonlyReservedBits {
  /** Bit 20, byte 5 & 0x10: the extension protocol (BEP 10). */
  readonly extensionProtocol: boolean;
  /** Bit 2, byte 7 & 0x04: the fast extension (BEP 6). */
  readonly fast: boolean;
  /** Bit 0, byte 7 & 0x01: DHT (BEP 5). */
  readonly dht: boolean;
  /** Whether bit `bit` (0–63, from the right) is set. Throws `WIRE_RESERVED_BIT` outside of it. */
  has(bit: number): boolean;
  /** A copy of the 8 bytes. */
  toBytes(): Uint8Array;
}

/** The handshake's reserved bits; numbered as {@link ReadonlyReservedBits} says. */
export class ReservedBits implements ReadonlyReservedBits {
  readonly #bytes = new Uint8Array(reservedLength);

  /** All clear, or a copy of 8 bytes. Throws `WIRE_RESERVED_BIT` for another length. */
  constructor(bytes?: Uint8Array) {
    if (bytes === undefined) return;
    if (bytes.length !== reservedLength) {
      throw new WireError('WIRE_RESERVED_BIT', `reserved bits are 8 bytes, not ${bytes.length}`);
    }
    this.#bytes.set(bytes);
  }

  get extensionProtocol(): boolean {
    return this.has(bitNumbers.extensionProtocol);
  }

  set extensionProtocol(value: boolean) {
    this.set(bitNumbers.extensionProtocol, value);
  }

  get fast(): boolean {
    return this.has(bitNumbers.fast);
  }

  set fast(value: boolean) {
    this.set(bitNumbers.fast, value);
  }

  get dht(): boolean {
    return this.has(bitNumbers.dht);
  }

  set dht(value: boolean) {
    this.set(bitNumbers.dht, value);
  }

  has(bit: number): boolean {
    return ((this.#bytes[byteOf(bit)] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  /** Sets (or clears) bit `bit`, 0–63 from the right. Throws `WIRE_RESERVED_BIT` outside of it. */
  set(bit: number, value = true): void {
    const index = byteOf(bit);
    const mask = 1 << (bit & 7);
    const byte = this.#bytes[index] ?? 0;
    this.#bytes[index] = value ? byte | mask : byte & ~mask;
  }

  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }
}

function byteOf(bit: number): number {
  if (!Number.isInteger(bit) || bit < 0 || bit > 63) {
    throw new WireError('WIRE_RESERVED_BIT', `not the number of a reserved bit (0 to 63): ${bit}`);
  }
  return reservedLength - 1 - (bit >> 3);
}
