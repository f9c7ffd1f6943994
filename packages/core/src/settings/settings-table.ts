import manifest from '../../package.json' with { type: 'json' };

const KiB = 1024;
const MiB = 1024 * KiB;

/** A setting that is a whole number from `min` to `max` of `unit`. */
export interface IntegerSetting {
  readonly type: 'integer';
  readonly default: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** What it does, for the docs page. */
  readonly doc: string;
}

/** A setting that is on or off. */
interface BooleanSetting {
  readonly type: 'boolean';
  readonly default: boolean;
  readonly unit: '';
  readonly doc: string;
}

/** A setting that is printable ASCII text of `min` to `max` characters. */
export interface StringSetting {
  readonly type: 'string';
  readonly default: string;
  readonly unit: 'characters';
  readonly min: number;
  readonly max: number;
  readonly doc: string;
}

/** One row of {@link settingsTable}. */
export type SettingSpec = IntegerSetting | BooleanSetting | StringSetting;

/**
 * Every setting of a session, with what the type {@link Settings}, the validation and the docs page are
 * made from.
 */
export const settingsTable = {
  clientName: {
    type: 'string',
    default: `Peerloom ${manifest.version}`,
    unit: 'characters',
    min: 1,
    max: 64,
    doc: 'Name and version told to peers in the extension handshake (`v` of BEP 10).',
  },
  peerIdPrefix: {
    type: 'string',
    default: '-PL0001-',
    unit: 'characters',
    min: 8,
    max: 8,
    doc: 'First characters of our peer id, in the form of BEP 20; the other twelve bytes are random.',
  },

  maxActiveDownloads: {
    type: 'integer',
    default: 3,
    unit: 'torrents',
    min: 0,
    max: 1_000_000,
    doc: 'Torrents that download at once; others wait in the queue. One that has moved next to nothing for a minute does not count.',
  },
  maxActiveSeeds: {
    type: 'integer',
    default: 5,
    unit: 'torrents',
    min: 0,
    max: 1_000_000,
    doc: 'Torrents that have what is wanted of them and serve it, at once; counted like downloads.',
  },
  maxActiveTorrents: {
    type: 'integer',
    default: 500,
    unit: 'torrents',
    min: 0,
    max: 1_000_000,
    doc: 'Torrents that are active at once, slow ones and those that the queue does not manage included.',
  },
  maxActiveChecks: {
    type: 'integer',
    default: 1,
    unit: 'torrents',
    min: 1,
    max: 1_000,
    doc: 'Torrents whose files are checked at once; others wait their turn.',
  },

  maxConnections: {
    type: 'integer',
    default: 200,
    unit: 'connections',
    min: 1,
    max: 65_535,
    doc: 'Peer connections of the session, in both directions.',
  },
  maxConnectionsPerTorrent: {
    type: 'integer',
    default: 100,
    unit: 'connections',
    min: 1,
    max: 65_535,
    doc: 'Peer connections of one torrent, in both directions.',
  },
  maxHalfOpen: {
    type: 'integer',
    default: 64,
    unit: 'dials',
    min: 1,
    max: 4_096,
    doc: 'Dials under way at once.',
  },
  connectionSpeed: {
    type: 'integer',
    default: 30,
    unit: 'dials a second',
    min: 1,
    max: 1_000,
    doc: 'How fast new dials are begun.',
  },
  allowMultipleConnectionsPerIp: {
    type: 'boolean',
    default: true,
    unit: '',
    doc: 'Whether one address may hold several connections to the same torrent.',
  },
  maxPendingIncoming: {
    type: 'integer',
    default: 64,
    unit: 'connections',
    min: 1,
    max: 4_096,
    doc: 'Incoming connections that have not finished their handshake or hold.',
  },
  maxPendingIncomingPerPrefix: {
    type: 'integer',
    default: 4,
    unit: 'connections',
    min: 1,
    max: 4_096,
    doc: 'The same from one IPv4 address or one IPv6 /64.',
  },
  exemptLoopback: {
    type: 'boolean',
    default: false,
    unit: '',
    doc: 'Whether loopback addresses are exempt from `maxPendingIncomingPerPrefix`.',
  },

  dialTimeoutMs: {
    type: 'integer',
    default: 15_000,
    unit: 'ms',
    min: 100,
    max: 300_000,
    doc: 'How long a dial may take to open a connection.',
  },
  handshakeTimeoutMs: {
    type: 'integer',
    default: 10_000,
    unit: 'ms',
    min: 100,
    max: 300_000,
    doc: 'How long an open connection may take to finish the handshake (BEP 3).',
  },
  inactivityTimeoutMs: {
    type: 'integer',
    default: 120_000,
    unit: 'ms',
    min: 1_000,
    max: 3_600_000,
    doc: 'A peer that has sent nothing for this long, not even a keep-alive, is disconnected.',
  },
  keepAliveIntervalMs: {
    type: 'integer',
    default: 100_000,
    unit: 'ms',
    min: 1_000,
    max: 3_600_000,
    doc: 'A keep-alive is sent after this long without a message of ours: under the two minutes of BEP 3, after which peers hang up.',
  },
  requestTimeoutMs: {
    type: 'integer',
    default: 60_000,
    unit: 'ms',
    min: 1_000,
    max: 600_000,
    doc: 'Longest wait for a block before its peer counts as snubbing and the block is asked of others; shortened by what the peer has shown it can do.',
  },
  peerRetryDelayMs: {
    type: 'integer',
    default: 60_000,
    unit: 'ms',
    min: 100,
    max: 86_400_000,
    doc: 'Wait before a peer that failed is dialled again; it grows with each failure.',
  },
  maxPeerFailures: {
    type: 'integer',
    default: 3,
    unit: 'failures',
    min: 1,
    max: 100,
    doc: 'Failures in a row after which a peer is not dialled any more.',
  },
  maxPeersPerTorrent: {
    type: 'integer',
    default: 3_000,
    unit: 'peers',
    min: 1,
    max: 100_000,
    doc: 'Peers that a torrent knows of, connected or not.',
  },

  maxOutstandingRequests: {
    type: 'integer',
    default: 500,
    unit: 'requests',
    min: 1,
    max: 10_000,
    doc: 'Requests of ours under way with one peer; fewer where the peer says so (`reqq`).',
  },
  requestQueueTimeMs: {
    type: 'integer',
    default: 3_000,
    unit: 'ms',
    min: 100,
    max: 60_000,
    doc: 'How much transfer time at the measured rate is kept requested from a peer.',
  },
  maxIncomingRequests: {
    type: 'integer',
    default: 2_000,
    unit: 'requests',
    min: 1,
    max: 10_000,
    doc: 'Requests kept queued from one peer, told to it as `reqq`; further ones are rejected (BEP 6) or dropped.',
  },
  maxRequestLengthBytes: {
    type: 'integer',
    default: 128 * KiB,
    unit: 'bytes',
    min: 16 * KiB,
    max: 128 * KiB,
    doc: 'Longest request that is served; longer ones are invalid.',
  },
  maxInvalidRequests: {
    type: 'integer',
    default: 300,
    unit: 'requests',
    min: 0,
    max: 100_000,
    doc: 'A peer that has sent more invalid requests than this is disconnected.',
  },

  uploadSlots: {
    type: 'integer',
    default: 8,
    unit: 'peers',
    min: 0,
    max: 10_000,
    doc: 'Peers that are unchoked at once, the optimistic ones included.',
  },
  unchokeIntervalMs: {
    type: 'integer',
    default: 10_000,
    unit: 'ms',
    min: 1_000,
    max: 600_000,
    doc: 'How often is decided who is unchoked (BEP 3).',
  },
  optimisticIntervalMs: {
    type: 'integer',
    default: 30_000,
    unit: 'ms',
    min: 1_000,
    max: 3_600_000,
    doc: 'How often the optimistic unchoke moves on to another peer (BEP 3).',
  },

  sendBufferHighBytes: {
    type: 'integer',
    default: 512 * KiB,
    unit: 'bytes',
    min: 32 * KiB,
    max: 64 * MiB,
    doc: 'No further blocks are read for a peer while this much waits to be sent to it.',
  },
  sendBufferLowBytes: {
    type: 'integer',
    default: 128 * KiB,
    unit: 'bytes',
    min: 16 * KiB,
    max: 64 * MiB,
    doc: 'Reading for a peer goes on when less than this waits to be sent. At most `sendBufferHighBytes`.',
  },
  maxWireMessageBytes: {
    type: 'integer',
    default: MiB,
    unit: 'bytes',
    min: 32 * KiB,
    max: 16 * MiB,
    doc: 'Longest message taken from a peer, or the bitfield where that is longer.',
  },
  maxExtensionHandshakeBytes: {
    type: 'integer',
    default: 64 * KiB,
    unit: 'bytes',
    min: KiB,
    max: MiB,
    doc: 'Longest extension handshake taken from a peer (BEP 10).',
  },
  maxUnknownMessagesPerMinute: {
    type: 'integer',
    default: 64,
    unit: 'messages a minute',
    min: 0,
    max: 100_000,
    doc: 'A peer that sends more messages of unknown type than this is disconnected.',
  },
  maxMetadataBytes: {
    type: 'integer',
    default: 30 * MiB,
    unit: 'bytes',
    min: KiB,
    max: 64 * MiB,
    doc: 'Largest info dictionary taken from peers (BEP 9).',
  },

  diskPoolBytes: {
    type: 'integer',
    default: 48 * MiB,
    unit: 'bytes',
    min: MiB,
    max: 1_024 * MiB,
    doc: 'Memory through which all blocks pass, in slots of 16 KiB; what is left over is not used.',
  },
  readAheadBytes: {
    type: 'integer',
    default: 256 * KiB,
    unit: 'bytes',
    min: 16 * KiB,
    max: 16 * MiB,
    doc: 'How much is read at once of a piece that a peer is downloading from us.',
  },

  alertQueueSize: {
    type: 'integer',
    default: 10_000,
    unit: 'alerts',
    min: 1,
    max: 1_000_000,
    doc: 'Alerts kept for each reader; when it is full further ones are dropped and counted.',
  },
  stopDeadlineMs: {
    type: 'integer',
    default: 5_000,
    unit: 'ms',
    min: 0,
    max: 600_000,
    doc: 'How long stopping the session may take before connections and files are closed as they are.',
  },
  pluginRemoveDeadlineMs: {
    type: 'integer',
    default: 5_000,
    unit: 'ms',
    min: 0,
    max: 600_000,
    doc: 'How long the promise of a plugin that is being removed is waited for.',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;

/** Name of a setting. */
export type SettingName = keyof typeof settingsTable;

type ValueOf<Spec extends SettingSpec> = Spec extends IntegerSetting
  ? number
  : Spec extends BooleanSetting
    ? boolean
    : string;

/** A value for every setting; what each means is told by {@link settingsTable}. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof settingsTable)[Name]> };

/** The settings of a session that is given none. */
export const defaultSettings: Settings = Object.freeze(
  Object.fromEntries(Object.entries(settingsTable).map(([name, spec]) => [name, spec.default])) as Settings,
);
