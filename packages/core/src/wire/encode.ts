import { WireError } from '../common/errors.js';
import { MessageId } from './messages.js';
import { writeUint32 } from './uint32.js';

/**
 * Bytes on the wire, length prefix included, of each message of fixed size, and of the part before
 * the payload of the others (`…Header`).
 */
export const messageSizes = {
  keepAlive: 4,
  choke: 5,
  unchoke: 5,
  interested: 5,
  notInterested: 5,
  have: 9,
  bitfieldHeader: 5,
  request: 17,
  pieceHeader: 13,
  cancel: 17,
  port: 7,
  suggest: 9,
  haveAll: 5,
  haveNone: 5,
  reject: 17,
  allowedFast: 9,
  extendedHeader: 6,
  dontHave: 10,
  rawHeader: 5,
} as const;

// All functions below write into the caller's buffer at an offset and return the offset behind what
// they wrote, so that many messages leave in one buffer and none costs an object.

function checkRoom(buffer: Uint8Array, offset: number, size: number): void {
  if (offset + size > buffer.length) {
    throw new WireError('WIRE_BUFFER_SIZE', `${size} bytes at ${offset} do not fit in ${buffer.length}`);
  }
}

/** `size` bytes are about to be written, of which these are the length prefix and the id. */
function writeHeader(
  buffer: Uint8Array,
  offset: number,
  size: number,
  id: number,
  payloadLength: number,
): number {
  checkRoom(buffer, offset, size);
  writeUint32(buffer, offset, payloadLength + 1);
  buffer[offset + 4] = id;
  return offset + 5;
}

function writeBare(buffer: Uint8Array, offset: number, id: number): number {
  return writeHeader(buffer, offset, messageSizes.choke, id, 0);
}

function writeIndexed(buffer: Uint8Array, offset: number, id: number, piece: number): number {
  const payload = writeHeader(buffer, offset, messageSizes.have, id, 4);
  writeUint32(buffer, payload, piece);
  return payload + 4;
}

function writeBlock(
  buffer: Uint8Array,
  offset: number,
  id: number,
  piece: number,
  begin: number,
  length: number,
): number {
  const payload = writeHeader(buffer, offset, messageSizes.request, id, 12);
  writeUint32(buffer, payload, piece);
  writeUint32(buffer, payload + 4, begin);
  writeUint32(buffer, payload + 8, length);
  return payload + 12;
}

/** Keep-alive (BEP 3). Throws `WIRE_BUFFER_SIZE` where it does not fit, as all of these do. */
export function writeKeepAlive(buffer: Uint8Array, offset: number): number {
  checkRoom(buffer, offset, messageSizes.keepAlive);
  writeUint32(buffer, offset, 0);
  return offset + messageSizes.keepAlive;
}

/** Choke (BEP 3). */
export function writeChoke(buffer: Uint8Array, offset: number): number {
  return writeBare(buffer, offset, MessageId.choke);
}

/** Unchoke (BEP 3). */
export function writeUnchoke(buffer: Uint8Array, offset: number): number {
  return writeBare(buffer, offset, MessageId.unchoke);
}

/** Interested (BEP 3). */
export function writeInterested(buffer: Uint8Array, offset: number): number {
  return writeBare(buffer, offset, MessageId.interested);
}

/** Not interested (BEP 3). */
export function writeNotInterested(buffer: Uint8Array, offset: number): number {
  return writeBare(buffer, offset, MessageId.notInterested);
}

/** Have (BEP 3). */
export function writeHave(buffer: Uint8Array, offset: number, piece: number): number {
  return writeIndexed(buffer, offset, MessageId.have, piece);
}

/** What precedes the `byteLength` bytes of a bitfield (BEP 3). */
export function writeBitfieldHeader(buffer: Uint8Array, offset: number, byteLength: number): number {
  return writeRawHeader(buffer, offset, MessageId.bitfield, byteLength);
}

/** Request (BEP 3); `begin` and `length` in bytes. */
export function writeRequest(
  buffer: Uint8Array,
  offset: number,
  piece: number,
  begin: number,
  length: number,
): number {
  return writeBlock(buffer, offset, MessageId.request, piece, begin, length);
}

/** What precedes the `length` bytes of a block in a piece message (BEP 3). */
export function writePieceHeader(
  buffer: Uint8Array,
  offset: number,
  piece: number,
  begin: number,
  length: number,
): number {
  const payload = writeHeader(buffer, offset, messageSizes.pieceHeader, MessageId.piece, 8 + length);
  writeUint32(buffer, payload, piece);
  writeUint32(buffer, payload + 4, begin);
  return payload + 8;
}

/** Cancel (BEP 3). */
export function writeCancel(
  buffer: Uint8Array,
  offset: number,
  piece: number,
  begin: number,
  length: number,
): number {
  return writeBlock(buffer, offset, MessageId.cancel, piece, begin, length);
}

/** Port of our DHT node (BEP 5). */
export function writePort(buffer: Uint8Array, offset: number, port: number): number {
  const payload = writeHeader(buffer, offset, messageSizes.port, MessageId.port, 2);
  buffer[payload] = port >>> 8;
  buffer[payload + 1] = port;
  return payload + 2;
}

/** Suggest piece (BEP 6). */
export function writeSuggest(buffer: Uint8Array, offset: number, piece: number): number {
  return writeIndexed(buffer, offset, MessageId.suggest, piece);
}

/** Have all (BEP 6). */
export function writeHaveAll(buffer: Uint8Array, offset: number): number {
  return writeBare(buffer, offset, MessageId.haveAll);
}

/** Have none (BEP 6). */
export function writeHaveNone(buffer: Uint8Array, offset: number): number {
  return writeBare(buffer, offset, MessageId.haveNone);
}

/** Reject request (BEP 6). */
export function writeReject(
  buffer: Uint8Array,
  offset: number,
  piece: number,
  begin: number,
  length: number,
): number {
  return writeBlock(buffer, offset, MessageId.reject, piece, begin, length);
}

/** Allowed fast (BEP 6). */
export function writeAllowedFast(buffer: Uint8Array, offset: number, piece: number): number {
  return writeIndexed(buffer, offset, MessageId.allowedFast, piece);
}

/**
 * What precedes the payload of an extension message (BEP 10). `id` is the number that the receiver
 * gave the message in its handshake; 0 is the handshake itself.
 */
export function writeExtendedHeader(
  buffer: Uint8Array,
  offset: number,
  id: number,
  payloadLength: number,
): number {
  const payload = writeHeader(
    buffer,
    offset,
    messageSizes.extendedHeader,
    MessageId.extended,
    payloadLength + 1,
  );
  buffer[payload] = id;
  return payload + 1;
}

/** The whole `lt_donthave` message (BEP 54); `id` as in {@link writeExtendedHeader}. */
export function writeDontHave(buffer: Uint8Array, offset: number, id: number, piece: number): number {
  checkRoom(buffer, offset, messageSizes.dontHave);
  const payload = writeExtendedHeader(buffer, offset, id, 4);
  writeUint32(buffer, payload, piece);
  return payload + 4;
}

/** What precedes the payload of a message with any id. */
export function writeRawHeader(
  buffer: Uint8Array,
  offset: number,
  id: number,
  payloadLength: number,
): number {
  return writeHeader(buffer, offset, messageSizes.rawHeader, id, payloadLength);
}
