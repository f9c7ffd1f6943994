const KiB = 1024;
const MiB = 1024 * KiB;

/** One row of {@link limitsTable}. */
export interface LimitSpec {
  /** The limit itself: this much is still allowed. */
  readonly value: number;
  /** What the value counts. */
  readonly unit: string;
  /** What is limited, and what happens past it. */
  readonly doc: string;
}

/**
 * What a remote, or a file from elsewhere, cannot pass, where it is fixed. Limits that can be set are in
 * the table of settings.
 */
export const limitsTable = {
  maxTorrentFileBytes: {
    value: 64 * MiB,
    unit: 'bytes',
    doc: 'Size of a .torrent file or info dictionary; a larger one is refused (`METAINFO_TOO_LARGE`).',
  },
  maxPieceCount: {
    value: 2_097_152,
    unit: 'pieces',
    doc: 'Pieces of a torrent; one with more is refused (`METAINFO_PIECE_COUNT`).',
  },
  minPieceLength: {
    value: KiB,
    unit: 'bytes',
    doc: 'Length of a piece of a v1 torrent; a shorter one is refused (`METAINFO_PIECE_LENGTH`).',
  },
  maxPieceLength: {
    value: 256 * MiB,
    unit: 'bytes',
    doc: 'Length of a piece; a longer one is refused (`METAINFO_PIECE_LENGTH`).',
  },
  maxPathElements: {
    value: 100,
    unit: 'elements',
    doc: "Elements of one file's path, the torrent's name not counted; more are refused (`METAINFO_PATH`).",
  },
  maxUrls: {
    value: 200,
    unit: 'URLs',
    doc: 'Trackers, and web seeds, and peers, of one torrent or magnet link; further ones are left out.',
  },
  maxUrlLength: {
    value: 4_096,
    unit: 'characters',
    doc: 'Length of the URL of a tracker or web seed; a longer one is left out.',
  },
  maxMagnetLength: {
    value: 64 * KiB,
    unit: 'characters',
    doc: 'Length of a magnet link; a longer one is refused.',
  },
  maxSelectedFiles: {
    value: 1_000_000,
    unit: 'files',
    doc: 'Files that a selection names (BEP 53); one with more is refused (`MAGNET_FILE_SELECTION`).',
  },
  maxBencodeDepth: {
    value: 100,
    unit: 'levels',
    doc: 'Lists and dictionaries inside each other; more are refused (`BENCODE_DEPTH`).',
  },
  maxBencodeTokens: {
    value: 2_500_000,
    unit: 'tokens',
    doc: 'Strings, integers, lists and dictionaries of one bencoded value; more are refused (`BENCODE_TOKENS`).',
  },

  maxExtensionNames: {
    value: 64,
    unit: 'names',
    doc: 'Messages that one extension handshake names (BEP 10); more close the connection (`WIRE_EXTENSION_HANDSHAKE`).',
  },
  maxRemoteExtensionNames: {
    value: 128,
    unit: 'names',
    doc: 'Messages that all extension handshakes of one connection name; more close it (`WIRE_EXTENSION_HANDSHAKE`).',
  },
  maxExtensionNameBytes: {
    value: 64,
    unit: 'bytes',
    doc: 'Length of the name of an extension message; a longer one closes the connection (`WIRE_EXTENSION_HANDSHAKE`).',
  },
  maxClientNameLength: {
    value: 64,
    unit: 'characters',
    doc: 'Length of the client name that a peer tells (`v` of BEP 10); a longer one is cut.',
  },
  maxAllowedFast: {
    value: 64,
    unit: 'pieces',
    doc: 'Allowed-fast pieces kept of one peer, each once (BEP 6); further ones are ignored.',
  },
  maxSuggested: {
    value: 16,
    unit: 'pieces',
    doc: 'Suggested pieces kept of one peer, each once (BEP 6); a further one takes the place of the oldest.',
  },
  defaultRequestQueue: {
    value: 250,
    unit: 'requests',
    doc: 'Requests of ours under way with a peer that does not say how many it keeps (`reqq` of BEP 10).',
  },
  maxKeptMessages: {
    value: 4_096,
    unit: 'messages',
    doc: 'State messages kept of one peer, beside its last bitfield, before metadata is known and under a hold; more close the connection (`PEER_KEPT_LIMIT`).',
  },
  maxKeptBytesPerTorrent: {
    value: 8 * MiB,
    unit: 'bytes',
    doc: 'The same of all peers of a torrent; the peer that passes it is disconnected (`PEER_KEPT_LIMIT`).',
  },
  keptPendingPlaces: {
    value: 16,
    unit: 'connections',
    doc: 'Places among unfinished incoming connections (`maxPendingIncoming`) that only addresses known good get; a quarter of all where that is less.',
  },
  maxGoodAddresses: {
    value: 1_024,
    unit: 'addresses',
    doc: 'Addresses remembered as good, because a connection from them became ready; the oldest is forgotten.',
  },
  maxDuplicatesPerPiece: {
    value: 64,
    unit: 'blocks',
    doc: 'Second copies of blocks (end game) of which the sender and digest are remembered for a piece; further ones are not.',
  },
} as const satisfies Readonly<Record<string, LimitSpec>>;

/** Name of a limit. */
export type LimitName = keyof typeof limitsTable;

/** The value of every limit; what each means is told by {@link limitsTable}. */
export const limits = Object.freeze(
  Object.fromEntries(Object.entries(limitsTable).map(([name, { value }]) => [name, value])),
) as { readonly [Name in LimitName]: number };
