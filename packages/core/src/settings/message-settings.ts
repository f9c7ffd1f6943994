import type { SettingSpec } from './setting-spec.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Settings: how large messages may be, and how much waits to be sent. */
export const messageSettings = {
  sendBufferHighBytes: {
    type: 'integer',
    default: 512 * KiB,
    unit: 'bytes',
    min: 32 * KiB,
    max: 64 * MiB,
    doc: 'The most that waits to be sent to a peer before no further blocks are read for it. How much it is follows the peer: half a second of what it takes.',
  },
  sendBufferLowBytes: {
    type: 'integer',
    default: 32 * KiB,
    unit: 'bytes',
    min: 16 * KiB,
    max: 64 * MiB,
    doc: 'So much may wait to be sent to a peer however slow it is, and to each that has just been unchoked. At most `sendBufferHighBytes`.',
  },
  maxWireMessageBytes: {
    type: 'integer',
    default: MiB,
    unit: 'bytes',
    min: 32 * KiB,
    max: 16 * MiB,
    doc: 'Longest message taken from a peer, or the bitfield where that is longer; a longer one closes the connection before it is buffered (`WIRE_MESSAGE_SIZE`).',
  },
  maxExtensionHandshakeBytes: {
    type: 'integer',
    default: 64 * KiB,
    unit: 'bytes',
    min: KiB,
    max: MiB,
    doc: 'Longest extension handshake taken from a peer (BEP 10); a longer one closes the connection (`WIRE_EXTENDED_SIZE`).',
  },
  maxUnknownMessagesPerMinute: {
    type: 'integer',
    default: 64,
    unit: 'messages a minute',
    min: 0,
    max: 100_000,
    doc: 'A peer that sends more messages of unknown type than this is disconnected (`PEER_UNKNOWN_MESSAGES`).',
  },
  maxMetadataBytes: {
    type: 'integer',
    default: 30 * MiB,
    unit: 'bytes',
    min: KiB,
    max: 64 * MiB,
    doc: 'Largest info dictionary taken from peers (BEP 9); a larger one is refused (`METAINFO_TOO_LARGE`).',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;
