import { WireError } from '../common/errors.js';
import { readUint32 } from './uint32.js';

/** Piece number in the payload of `lt_donthave` (BEP 54). Throws `WIRE_MESSAGE_LENGTH`. */
export function readDontHave(payload: Uint8Array): number {
  if (payload.length !== 4) {
    throw new WireError('WIRE_MESSAGE_LENGTH', `lt_donthave has 4 bytes, not ${payload.length}`);
  }
  return readUint32(payload, 0);
}
