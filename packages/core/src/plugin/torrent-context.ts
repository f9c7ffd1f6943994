import type { ReadonlyBitfield } from '../common/bitfield.js';
import type { BlockRequest } from '../common/block.js';
import type { Endpoint } from '../common/endpoint.js';
import type { InfoHash } from '../common/info-hash.js';
import type { PeerFlags, PeerSource } from '../common/peer-source.js';
import type { TorrentState } from '../common/torrent-state.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import type { Clock } from '../ports/clock.js';
import type { ExtensionHandle, RemoveExtensionOptions } from './extension-handle.js';
import type { PeerContext } from './peer-context.js';
import type { PluginKey } from './plugin-key.js';
import type { RateLimits } from './rate-limits.js';
import type { SessionContext } from './session-context.js';
import type { TorrentPluginFactory } from './torrent-plugin.js';

/** A peer that the torrent knows of, connected or not. */
export interface KnownPeer {
  /** Where it listens. */
  readonly endpoint: Endpoint;
  /** How it became known. */
  readonly source: PeerSource;
  /** What was said of it. */
  readonly flags: PeerFlags;
  /** Whether there is a connection to it. */
  readonly isConnected: boolean;
  /** Failures in a row. */
  readonly failureCount: number;
}

/** Who a connection was with; outlives the connection. */
export interface PeerIdentity {
  /** {@link PeerContext.connectionId}. */
  readonly connectionId: number;
  /** {@link PeerContext.endpoint}. */
  readonly endpoint: Endpoint;
  /** {@link PeerContext.listenEndpoint}. */
  readonly listenEndpoint: Endpoint | undefined;
  /** {@link PeerContext.principal}. */
  readonly principal: string | undefined;
}

/** Who sent a block of a piece that is open, being written, or has just failed. */
export interface BlockSource {
  /** Index of the block in its piece, from 0. */
  readonly block: number;
  /** Who sent it. */
  readonly peer: PeerIdentity;
  /**
   * SHA-1 of the bytes, for copies that arrived after the block was committed (end game); `undefined` for
   * the committed one, whose bytes `readBlock` gives.
   */
  readonly duplicateDigest: Uint8Array | undefined;
}

/** A piece kept readable after it failed. */
export interface PieceHold {
  /**
   * Whether the blocks are still those that failed. What `readBlock` gave is of the failed attempt where this is true
   * after it has resolved; else it may be of a later one.
   */
  readonly isOpen: boolean;
  /** Frees the blocks. Later calls do nothing. */
  release(): void;
}

/** Counters of one torrent. Rates are bytes a second over the last few seconds. */
export interface TorrentStats {
  /** Bytes of blocks that came. */
  readonly downloadedBytes: number;
  /** Bytes of blocks that were sent. */
  readonly uploadedBytes: number;
  /** All bytes that came over connections, protocol included. */
  readonly receivedBytes: number;
  /** All bytes that were sent over connections, protocol included. */
  readonly sentBytes: number;
  /** Of blocks, in bytes a second. */
  readonly downloadRate: number;
  /** Of blocks, in bytes a second. */
  readonly uploadRate: number;
  /** Of all bytes, in bytes a second. */
  readonly receiveRate: number;
  /** Of all bytes, in bytes a second. */
  readonly sendRate: number;
  /** Bytes of pieces that failed their hash check. */
  readonly wastedBytes: number;
  /** Bytes of blocks that nobody had asked for or that were had already. */
  readonly redundantBytes: number;
  /** Downloaded pieces that failed their hash check. */
  readonly hashFailures: number;
  /** Connections, those that are being made included. */
  readonly peerCount: number;
  /** Connected peers that have every piece. */
  readonly seedCount: number;
  /** Connected peers that want something from us. */
  readonly interestedCount: number;
  /** Connected peers that we let ask. */
  readonly unchokedCount: number;
  /** Peers that the torrent knows of, connected or not. */
  readonly knownPeerCount: number;
  /** Pieces that we have. */
  readonly piecesHave: number;
  /** Pieces of the torrent; 0 before metadata. */
  readonly pieceCount: number;
  /** Blocks that are with a plugin. */
  readonly blocksWithPlugins: number;
}

/** Which sources of peers this torrent takes. Denied while any plugin denies. */
export interface TorrentPolicy {
  /** Denies sources until the result is called or the plugin leaves. */
  deny(...sources: readonly PeerSource[]): () => void;
  /** Whether no plugin denies the source. */
  allows(source: PeerSource): boolean;
}

/** Options of `pause` and `resume`. */
export interface PauseOptions {
  /** Runs the engine's own without asking `onPause`/`onResume`. */
  readonly standard?: boolean;
}

/**
 * One plugin's facade of one torrent. After the torrent or the plugin is gone, reads give the last value,
 * writes throw {@link ContextClosedError}, promises reject with it.
 */
export interface TorrentContext {
  /** This plugin's facade of the session. */
  readonly session: SessionContext;
  /** What the torrent is known by. */
  readonly infoHash: InfoHash;
  /** From the metadata, else the magnet's display name, else the infohash. */
  readonly name: string;
  /** Whether the torrent or the plugin is gone. */
  readonly isClosed: boolean;
  /** What the torrent is doing. */
  readonly state: TorrentState;
  /** Whether it is paused. */
  readonly isPaused: boolean;
  /**
   * Whether it waits for a place in the session's queue, or for its files to be checked. `onPause` and
   * `onResume` are called when the queue stops it and lets it go on.
   */
  readonly isQueued: boolean;
  /** BEP 27; `undefined` before metadata. */
  readonly isPrivate: boolean | undefined;
  /** The raw info dictionary and what it says; `undefined` before metadata. */
  readonly info: TorrentInfo | undefined;
  /** Piece, block and file arithmetic; `undefined` before metadata. */
  readonly layout: TorrentLayout | undefined;
  /** Trackers by tier, from the metainfo or magnet (BEP 12). */
  readonly trackers: readonly (readonly string[])[];
  /** Counters of the torrent, now. */
  readonly stats: TorrentStats;
  /** Time, with timers that are guarded and end with this context. */
  readonly clock: Clock;
  /** Which sources of peers the torrent takes. */
  readonly policy: TorrentPolicy;

  /**
   * Gives the torrent its info dictionary. False where its SHA-1 is not the infohash, it is malformed (an alert
   * says why), or metadata is known already or was given before. Where it is true, `info` is known and `onMetadata`
   * has been called when this returns; but where the dictionary names a thousand files or more, their paths are
   * looked at in later turns of the event loop, and `onMetadata` is called after the last of them.
   */
  setMetadata(info: Uint8Array): boolean;
  /** Whether we have the piece. */
  have(piece: number): boolean;
  /** What we have; never changes. `undefined` before metadata. */
  pieces(): ReadonlyBitfield | undefined;
  /** This plugin's facades of all connections. */
  peers(): readonly PeerContext[];
  /**
   * Offers a peer candidate. False where policy, a veto, a ban, the private flag or a limit refuses it, or
   * it is known.
   */
  addPeer(endpoint: Endpoint, source: PeerSource, flags?: PeerFlags): boolean;
  /** Peers that the torrent knows of, connected or not. */
  knownPeers(): readonly KnownPeer[];
  /** Who sent what of a piece that is open, being written or has just failed; else empty. */
  pieceSources(piece: number): readonly BlockSource[];
  /** A copy of a block that we have, or that was received. Rejects with `StorageError` or `PLUGIN_BLOCK_UNAVAILABLE`. */
  readBlock(piece: number, block: number): Promise<Uint8Array>;
  /** In `onPieceFailed`: keeps the piece's blocks readable, at most 10 s. Throws `PLUGIN_PIECE_HOLD` elsewhere. */
  holdPiece(piece: number): PieceHold;
  /**
   * All blocks of the piece are to come from one peer: the one given, or any. `false` ends it. Where the plugin
   * leaves, any may be the one. Throws `PLUGIN_MESSAGE_INVALID` for a piece or peer that is not here.
   */
  setExclusive(piece: number, peer: PeerContext | boolean): void;
  /** 0 (not wanted) to 7. Default 4. */
  piecePriority(piece: number): number;
  /** Throws `PLUGIN_MESSAGE_INVALID` out of range. */
  setPiecePriority(piece: number, priority: number): void;
  /**
   * Sets the priority of all pieces of a file that no file of higher priority shares. Throws
   * `PLUGIN_MESSAGE_INVALID` out of range.
   */
  setFilePriority(file: number, priority: number): void;
  /** 0 (not wanted) to 7, by default 4; 0 before metadata and where there is no such file. */
  filePriority(file: number): number;
  /** The limits of the torrent alone, the least of what anybody sets; those of the session hold besides. */
  readonly rateLimits: RateLimits;
  /**
   * Sets the limits that are given, from now on and until the plugin leaves. The application and other plugins set
   * theirs: the least holds, and 0 lifts none but this plugin's. Throws `PLUGIN_MESSAGE_INVALID`, and then none is
   * set.
   */
  setRateLimits(limits: Partial<RateLimits>): void;
  /** Whether pieces are asked for in order rather than rarest first. */
  readonly isSequential: boolean;
  /** Also before metadata is known. */
  setSequential(on: boolean): void;
  /**
   * The piece is wanted within `delayMs` milliseconds: pieces with a deadline are asked for before all others,
   * the earliest first, and those that are late of two peers. For what is played while it downloads. A piece
   * of priority 0 stays unwanted. The deadline ends when the piece is had. Throws `PLUGIN_MESSAGE_INVALID`
   * for what is no piece or no delay.
   */
  setPieceDeadline(piece: number, delayMs: number): void;
  /** Throws `PLUGIN_MESSAGE_INVALID` where there is no such piece. */
  clearPieceDeadline(piece: number): void;
  /** Ends the deadlines of all pieces. */
  clearPieceDeadlines(): void;
  /**
   * Where a file is, below the folder of the torrent's data, `/` between elements: as the torrent says, or as it
   * was renamed. `undefined` before metadata and where there is no such file.
   */
  filePath(file: number): string | undefined;
  /**
   * Gives a file another path, relative to the folder of the torrent's data, also while it is downloaded or
   * served. Resolves with the path, made safe as those in torrent files are. Rejects with `STORAGE_EXISTS` where
   * something is there, `STORAGE_UNSUPPORTED`, another `STORAGE_…`, `SESSION_NO_METADATA` or
   * `SESSION_OUT_OF_RANGE`; then nothing has changed.
   */
  renameFile(file: number, path: string): Promise<string>;
  /**
   * Moves the torrent's data to another place, for files a folder, also while it is downloaded or served. Rejects
   * with `STORAGE_EXISTS` where something is in the way, `STORAGE_UNSUPPORTED`, another `STORAGE_…` or
   * `SESSION_NO_METADATA`; then everything is where it was.
   */
  moveStorage(place: string): Promise<void>;
  /**
   * Ends a block that is with this plugin: `bytes` of the block's length become it, attributed to the
   * original peer. Takes a released buffer back. False where the block is not with this plugin. Throws
   * `PLUGIN_MESSAGE_INVALID` where the length is not the block's.
   */
  deliverBlock(request: BlockRequest, bytes: Uint8Array): boolean;
  /** Ends a block that is with this plugin: its peer is not asked for it again for 60 s. */
  abandonBlock(request: BlockRequest): boolean;
  /** Adds an extension to this torrent. Throws {@link DuplicateExtensionError}, `PLUGIN_…`. */
  addExtension(factory: TorrentPluginFactory, userData?: unknown): ExtensionHandle;
  /** Takes out an extension of this torrent. Throws `PLUGIN_UNKNOWN`. */
  removeExtension(name: string, options?: RemoveExtensionOptions): void;
  /** Removes the torrent from the session; its files stay. Resolves when its storage is closed. */
  remove(): Promise<void>;
  /** Pauses: asks `onPause` first, closes connections, dials nobody. */
  pause(options?: PauseOptions): void;
  /** Goes on, also after an error: asks `onResume` first. */
  resume(options?: PauseOptions): void;
  /** The torrent plugin that another extension made for this torrent. */
  plugin<T>(key: PluginKey<T>): T | undefined;
}
