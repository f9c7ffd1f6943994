import {
  asDict,
  asInteger,
  blockLength,
  concatBytes,
  decodePrefix,
  defineMessage,
  encode,
  type MessageDefinition,
} from '@peerloom/core/plugin';

/** A message of BEP 9. `block` is what the wire calls `piece`: 16 KiB of the info dictionary, numbered from 0. */
export type MetadataMessage =
  | { readonly type: 'request'; readonly block: number }
  | {
      readonly type: 'data';
      readonly block: number;
      readonly bytes: Uint8Array /** Of the whole metadata. */;
      readonly totalBytes: number | undefined;
    }
  | { readonly type: 'reject'; readonly block: number }
  /** Of a type that a later version may give a meaning. */
  | { readonly type: 'unknown' };

const messageTypes = { request: 0, data: 1, reject: 2 } as const;

/** A block, and the dictionary before it with whatever keys others may add. */
const maxMessageBytes = blockLength + 1024;
/** Three integers are all that is looked at. */
const bencodeLimits = { maxDepth: 8, maxTokens: 64 };

function encodeMessage(message: MetadataMessage): Uint8Array {
  if (message.type === 'unknown') throw new TypeError('a message of unknown type cannot be sent');
  const { type, block: piece } = message;
  const head = { msg_type: messageTypes[type], piece };
  if (message.type !== 'data') return encode(head);
  return concatBytes(encode({ ...head, total_size: message.totalBytes }), message.bytes);
}

/** Throws where it is not what BEP 9 says. The bytes of a block are copied. */
function decodeMessage(payload: Uint8Array): MetadataMessage {
  const { value, end } = decodePrefix(payload, bencodeLimits);
  const dict = asDict(value);
  if (dict === undefined) throw new TypeError('not a dictionary');
  const type = integerAt(dict.msg_type, 'msg_type');
  if (type < messageTypes.request || type > messageTypes.reject) return { type: 'unknown' };
  const block = integerAt(dict.piece, 'piece');
  if (type === messageTypes.request) return { type: 'request', block };
  if (type === messageTypes.reject) return { type: 'reject', block };
  const totalBytes = dict.total_size === undefined ? undefined : integerAt(dict.total_size, 'total_size');
  return { type: 'data', block, totalBytes, bytes: payload.slice(end) };
}

function integerAt(value: Parameters<typeof asInteger>[0], key: string): number {
  const integer = asInteger(value);
  if (integer === undefined) throw new TypeError(`'${key}' is missing or no integer`);
  return integer;
}

/** The message `ut_metadata`. */
export const metadataMessage: MessageDefinition<MetadataMessage> = defineMessage<MetadataMessage>()(
  'ut_metadata',
  { encode: encodeMessage, decode: decodeMessage },
  { maxBytes: maxMessageBytes },
);
