import { TestingError } from '../testing-error.js';

/** Any message of the peer protocol (BEP 3, 5, 6, 10) as a fake peer sends and sees it. */
export type FakeMessage =
  | { readonly type: SimpleType }
  | { readonly type: PieceType; readonly piece: number }
  | { readonly type: 'bitfield' /** As on the wire. */; readonly bits: Uint8Array }
  | { readonly type: BlockType; readonly piece: number; readonly begin: number; readonly length: number }
  | { readonly type: 'piece'; readonly piece: number; readonly begin: number; readonly bytes: Uint8Array }
  | { readonly type: 'port'; readonly port: number }
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  /** A message of any id, or one whose payload has a length that its type does not allow. */
  | { readonly type: 'raw'; readonly id: number; readonly payload: Uint8Array };

type SimpleType = 'keepAlive' | 'choke' | 'unchoke' | 'interested' | 'notInterested' | 'haveAll' | 'haveNone';
type PieceType = 'have' | 'suggest' | 'allowedFast';
type BlockType = 'request' | 'cancel' | 'reject';

/** Name of a {@link FakeMessage}. */
export type FakeMessageType = FakeMessage['type'];

/** The messages of one name. */
export type FakeMessageOf<T extends FakeMessageType> = Named<FakeMessage, T>;

/** Each of `M` that may have the name `T`, with that name: some have one of several. */
type Named<M, T> = M extends { readonly type: infer Names }
  ? T extends Names
    ? M & { readonly type: T }
    : never
  : never;

const ids: Readonly<Record<Exclude<FakeMessageType, 'keepAlive' | 'raw'>, number>> = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
};

const types = new Map(Object.entries(ids).map(([type, id]) => [id, type as keyof typeof ids]));

/** A frame: length, id, numbers of 4 bytes each, payload (BEP 3, "peer messages"). */
function frame(
  id: number,
  numbers: readonly number[] = [],
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const bytes = new Uint8Array(5 + numbers.length * 4 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 4);
  bytes[4] = id;
  numbers.forEach((number, i) => {
    view.setUint32(5 + i * 4, number);
  });
  bytes.set(payload, 5 + numbers.length * 4);
  return bytes;
}

/** The bytes of a message, length prefix included. Nothing is checked: fake peers may lie. */
export function encodeFakeMessage(message: FakeMessage): Uint8Array {
  switch (message.type) {
    case 'keepAlive':
      return new Uint8Array(4);
    case 'have':
    case 'suggest':
    case 'allowedFast':
      return frame(ids[message.type], [message.piece]);
    case 'request':
    case 'cancel':
    case 'reject':
      return frame(ids[message.type], [message.piece, message.begin, message.length]);
    case 'bitfield':
      return frame(ids.bitfield, [], message.bits);
    case 'piece':
      return frame(ids.piece, [message.piece, message.begin], message.bytes);
    case 'port':
      return frame(ids.port, [], Uint8Array.of(message.port >> 8, message.port));
    case 'extended':
      return frame(ids.extended, [], Uint8Array.of(message.id, ...message.payload));
    case 'raw':
      return frame(message.id, [], message.payload);
    default:
      return frame(ids[message.type]);
  }
}

/** The message in a frame without its length prefix; an empty one is a keep-alive. Copies nothing. */
export function decodeFakeMessage(body: Uint8Array): FakeMessage {
  const id = body[0];
  if (id === undefined) return { type: 'keepAlive' };
  const payload = body.subarray(1);
  const raw: FakeMessage = { type: 'raw', id, payload };
  const type = types.get(id);
  const [first = 0, second = 0, third = 0] = numbersOf(payload);
  switch (type) {
    case undefined:
      return raw;
    case 'have':
    case 'suggest':
    case 'allowedFast':
      return payload.length === 4 ? { type, piece: first } : raw;
    case 'request':
    case 'cancel':
    case 'reject':
      return payload.length === 12 ? { type, piece: first, begin: second, length: third } : raw;
    case 'bitfield':
      return { type, bits: payload };
    case 'piece':
      return payload.length >= 8 ? { type, piece: first, begin: second, bytes: payload.subarray(8) } : raw;
    case 'port':
      return payload.length === 2 ? { type, port: ((payload[0] ?? 0) << 8) | (payload[1] ?? 0) } : raw;
    case 'extended':
      return payload.length >= 1 ? { type, id: payload[0] ?? 0, payload: payload.subarray(1) } : raw;
    default:
      return payload.length === 0 ? { type } : raw;
  }
}

function numbersOf(payload: Uint8Array): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const count = Math.min(3, payload.length >> 2);
  return Array.from({ length: count }, (_, i) => view.getUint32(i * 4));
}

/** What a handshake says (BEP 3). */
export interface FakeHandshake {
  /** 8 bytes. */
  readonly reserved: Uint8Array;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
}

/** Bytes of a handshake. */
export const fakeHandshakeLength = 68;

const protocolName = 'BitTorrent protocol';

/** The 68 bytes of a handshake. Throws `TESTING_SCRIPT` where a field's length is wrong. */
export function encodeFakeHandshake({ reserved, infoHash, peerId }: FakeHandshake): Uint8Array {
  const bytes = Buffer.concat([Uint8Array.of(19), Buffer.from(protocolName), reserved, infoHash, peerId]);
  if (bytes.length !== fakeHandshakeLength) {
    throw new TestingError('TESTING_SCRIPT', `a handshake has 68 bytes, not ${bytes.length}`);
  }
  return new Uint8Array(bytes);
}

/** Reads 68 bytes; `undefined` where they are no handshake. */
export function decodeFakeHandshake(bytes: Uint8Array): FakeHandshake | undefined {
  if (bytes[0] !== 19 || Buffer.from(bytes.subarray(1, 20)).toString('latin1') !== protocolName)
    return undefined;
  return { reserved: bytes.slice(20, 28), infoHash: bytes.slice(28, 48), peerId: bytes.slice(48, 68) };
}

/** Bits that a fake peer sets in its handshake. */
export interface FakeReservedBits {
  /** BEP 10. */
  readonly extensionProtocol?: boolean;
  /** BEP 6. */
  readonly fast?: boolean;
  /** BEP 5. */
  readonly dht?: boolean;
}

/** The 8 reserved bytes with these bits. */
export function fakeReservedBytes(bits: FakeReservedBits): Uint8Array {
  const bytes = new Uint8Array(8);
  if (bits.extensionProtocol === true) bytes[5] = 0x10;
  bytes[7] = (bits.fast === true ? 0x04 : 0) | (bits.dht === true ? 0x01 : 0);
  return bytes;
}
