import { concatBytes, utf8 } from '../common/bytes.js';
import type { SecureRandom } from '../ports/random.js';

/** A peer id of 20 bytes (BEP 20): the client's prefix, then bytes by chance. */
export function makePeerId(prefix: string, random: SecureRandom): Uint8Array {
  const head = utf8(prefix);
  return concatBytes(head, random.bytes(20 - head.length));
}
