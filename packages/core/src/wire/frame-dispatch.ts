import type { FrameHandler } from './frame-handler.js';
import { MessageId } from './messages.js';
import { readUint32 } from './uint32.js';

/** Bytes before the id of a message. */
export const prefixLength = 4;

/** Length prefix of a message whose size is fixed; 0 for the others. */
export function fixedLength(id: number): number {
  switch (id) {
    case MessageId.choke:
    case MessageId.unchoke:
    case MessageId.interested:
    case MessageId.notInterested:
    case MessageId.haveAll:
    case MessageId.haveNone:
      return 1;
    case MessageId.port:
      return 3;
    case MessageId.have:
    case MessageId.suggest:
    case MessageId.allowedFast:
      return 5;
    case MessageId.request:
    case MessageId.cancel:
    case MessageId.reject:
      return 13;
    default:
      return 0;
  }
}

/** A plain view: of a Buffer, `subarray` would give a Buffer, whose `slice` does not copy. */
export function plainView(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** Calls the handler for the checked frame of `size` bytes at `offset`, of any message but piece. */
export function dispatchFrame(handler: FrameHandler, bytes: Uint8Array, offset: number, size: number): void {
  if (size === prefixLength) {
    handler.onKeepAlive();
    return;
  }
  const payload = offset + prefixLength + 1;
  const id = bytes[payload - 1] ?? 0;
  switch (id) {
    case MessageId.choke:
      handler.onChoke();
      break;
    case MessageId.unchoke:
      handler.onUnchoke();
      break;
    case MessageId.interested:
      handler.onInterested();
      break;
    case MessageId.notInterested:
      handler.onNotInterested();
      break;
    case MessageId.have:
      handler.onHave(readUint32(bytes, payload));
      break;
    case MessageId.bitfield:
      handler.onBitfield(plainView(bytes, payload, offset + size));
      break;
    case MessageId.request:
      handler.onRequest(
        readUint32(bytes, payload),
        readUint32(bytes, payload + 4),
        readUint32(bytes, payload + 8),
      );
      break;
    case MessageId.cancel:
      handler.onCancel(
        readUint32(bytes, payload),
        readUint32(bytes, payload + 4),
        readUint32(bytes, payload + 8),
      );
      break;
    case MessageId.port:
      handler.onPort(((bytes[payload] ?? 0) << 8) | (bytes[payload + 1] ?? 0));
      break;
    case MessageId.suggest:
      handler.onSuggest(readUint32(bytes, payload));
      break;
    case MessageId.haveAll:
      handler.onHaveAll();
      break;
    case MessageId.haveNone:
      handler.onHaveNone();
      break;
    case MessageId.reject:
      handler.onReject(
        readUint32(bytes, payload),
        readUint32(bytes, payload + 4),
        readUint32(bytes, payload + 8),
      );
      break;
    case MessageId.allowedFast:
      handler.onAllowedFast(readUint32(bytes, payload));
      break;
    case MessageId.extended:
      handler.onExtended(bytes[payload] ?? 0, plainView(bytes, payload + 1, offset + size));
      break;
    default:
      handler.onUnknownMessage(id, plainView(bytes, payload, offset + size));
  }
}
