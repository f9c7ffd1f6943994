import { createHmac, timingSafeEqual } from 'node:crypto';
import { addressBytes, type Clock, type SecureRandom } from '@peerloom/core/plugin';

const keyBytes = 32;
const idBytes = 8;
/** BEP 15: an id is taken for two minutes at least. */
const slotMs = 120_000;

/**
 * Connection ids of the UDP protocol (BEP 15): a code of the address and the time under a key of this tracker. So
 * nothing is kept of who asks, and nobody can announce from an address at which he receives nothing.
 */
export class ConnectionIds {
  readonly #key: Uint8Array;
  readonly #clock: Clock;

  constructor(secureRandom: SecureRandom, clock: Clock) {
    this.#key = secureRandom.bytes(keyBytes);
    this.#clock = clock;
  }

  /** An id for an address, which is good for two to four minutes. */
  issue(address: string): bigint {
    return this.#idOf(address, this.#slot()).readBigUInt64BE(0);
  }

  /** Whether the id was issued to this address, and not too long ago. */
  isValid(connectionId: bigint, address: string): boolean {
    const id = Buffer.alloc(idBytes);
    id.writeBigUInt64BE(connectionId);
    const slot = this.#slot();
    return [slot, slot - 1].some((issued) => timingSafeEqual(id, this.#idOf(address, issued)));
  }

  #slot(): number {
    return Math.floor(this.#clock.now() / slotMs);
  }

  #idOf(address: string, slot: number): Buffer {
    const time = Buffer.alloc(idBytes);
    time.writeDoubleBE(slot);
    const code = createHmac('sha256', this.#key).update(time).update(addressBytes(address)).digest();
    return code.subarray(0, idBytes);
  }
}
