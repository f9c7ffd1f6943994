import type { Endpoint } from '../common/endpoint.js';
import type { InfoHash } from '../common/info-hash.js';
import type { TorrentState } from '../common/torrent-state.js';
import type { Clock } from '../ports/clock.js';
import type { Connection, DialOptions, Network } from '../ports/network.js';
import type { Random, SecureRandom } from '../ports/random.js';
import type { Settings } from '../settings/settings-table.js';
import type { AddTorrentParams } from './add-torrent-params.js';
import type { ExtensionHandle, RemoveExtensionOptions } from './extension-handle.js';
import type { PluginKey } from './plugin-key.js';
import type { SessionPlugin } from './session-plugin.js';
import type { TorrentContext } from './torrent-context.js';
import type { TorrentPluginFactory } from './torrent-plugin.js';

/** Whom a ban keeps out. */
export type BanTarget =
  | {
      /** An address, whatever the port. */
      readonly endpoint: Endpoint;
      /** Only this port of the address. */
      readonly portOnly?: boolean;
    }
  | {
      /** Who a remote has proved to be. */
      readonly principal: string;
    };

/** Options of `session.ban`. */
export interface BanOptions {
  /** One line for people. */
  readonly reason: string;
  /** Default: for ever. */
  readonly durationMs?: number;
}

/** A ban in force. */
export interface Ban {
  /** Whom it keeps out. */
  readonly target: BanTarget;
  /** One line for people. */
  readonly reason: string;
  /** The plugin that asked for it; `undefined` where the application did. */
  readonly plugin: string | undefined;
  /** Milliseconds since 1970; `undefined` for ever. */
  readonly untilWallTimeMs: number | undefined;
}

/** Ends what it came from; later calls do nothing. */
export type Disposer = () => void;

/** Another way to carry connections, beside TCP. */
export interface Transport {
  /** Unique in the session; what `peer.transport` says. */
  readonly name: string;
  /** Starts connecting, or `undefined` where this endpoint is not for it: the next transport is asked. */
  dial(remote: Endpoint, options: DialOptions): Connection | undefined;
}

/** A registered {@link Transport}. */
export interface TransportHandle {
  /** Hands an accepted connection to the session. */
  accept(connection: Connection): void;
  /** Takes the transport out of the session. Later calls do nothing. */
  remove(): void;
}

/** A number that only rises, shown in `session.stats()` as `<plugin>.<name>`. */
export interface Counter {
  /** Adds an amount, by default 1; a negative one adds nothing. */
  add(amount?: number): void;
  /** The sum so far. */
  readonly value: number;
}

/** What one plugin has outstanding. A plugin that is idle or gone has zeros. */
export interface PluginUsage {
  /** Bytes of blocks that it has released to itself and not given back. */
  readonly diskBufferBytes: number;
  /** Blocks that are with it. */
  readonly blocks: number;
  /** Holds of connections and pieces. */
  readonly holds: number;
  /** Timers that have not ended. */
  readonly timers: number;
  /** Channels of typed messages. */
  readonly channels: number;
}

/** Counters of the session. */
export interface SessionStats {
  /** Torrents of the session. */
  readonly torrentCount: number;
  /** Connections, those that are being made included. */
  readonly peerCount: number;
  /** Incoming connections that have not finished their handshake or hold. */
  readonly pendingIncomingCount: number;
  /** Bytes of blocks that came, of all torrents. */
  readonly downloadedBytes: number;
  /** Bytes of blocks that were sent, of all torrents. */
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
  /** Torrents in each state; paused and queued ones are in one, too. */
  readonly torrentsByState: Readonly<Record<TorrentState, number>>;
  /** Torrents that are paused. */
  readonly pausedTorrentCount: number;
  /** Torrents that wait for a place in the queue or for their check. */
  readonly queuedTorrentCount: number;
  /** Bytes of pieces that failed their hash check, since the session was made. */
  readonly wastedBytes: number;
  /** Bytes of blocks that nobody had asked for or that were had already, since the session was made. */
  readonly redundantBytes: number;
  /** Downloaded pieces that failed their hash check, since the session was made. */
  readonly hashFailures: number;
  /** Dials, since the session was made. */
  readonly dialCount: number;
  /** Dials that led to an open stream, since the session was made. */
  readonly dialsOpened: number;
  /** Connections that came in, refused ones included, since the session was made. */
  readonly incomingCount: number;
  /** Connections of torrents that ended or were never made, by the code of the reason. */
  readonly disconnects: Readonly<Record<string, number>>;
  /** Incoming connections that were refused before they became peers, by the code of the reason. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Alerts that did not fit into readers' queues. */
  readonly alertsDropped: number;
  /** Reads for peers whose data was there or on its way. */
  readonly readCacheHits: number;
  /** Reads for peers that had to read the medium. */
  readonly readCacheMisses: number;
  /** Slots that hold data read for peers. */
  readonly readCacheSlots: number;
  /** Complete pieces that are being hashed and written. */
  readonly piecesInWriting: number;
  /** Slots of the pool, 16 KiB each. */
  readonly slotCapacity: number;
  /** Slots that have an owner. */
  readonly slotsInUse: number;
  /** By plugin name, for plugins that have something outstanding. */
  readonly plugins: Readonly<Record<string, PluginUsage>>;
  /** Counters and gauges of plugins, by `<plugin>.<name>`. */
  readonly counters: Readonly<Record<string, number>>;
}

/**
 * One plugin's facade of the session. After the session has stopped or the plugin is gone, reads give the
 * last value, writes throw {@link ContextClosedError}.
 */
export interface SessionContext {
  /** Whether the session has stopped or the plugin is gone. */
  readonly isClosed: boolean;
  /** The settings of the session now; `settingsChanged` tells of another one. */
  readonly settings: Settings;
  /** The session's 20-byte peer id. */
  readonly peerId: Uint8Array;
  /** Sockets that are listening, with their bound ports. */
  readonly listenEndpoints: readonly Endpoint[];
  /** Time, with timers that are guarded and end with this context. */
  readonly clock: Clock;
  /** Chance for policy; seeded in tests. */
  readonly random: Random;
  /** Chance for keys, ids and tokens. */
  readonly secureRandom: SecureRandom;
  /** The network, with handlers that are guarded, and sockets that close with this context. */
  readonly network: Network;
  /** This plugin's facades of all torrents. */
  torrents(): readonly TorrentContext[];
  /** This plugin's facade of one torrent; `undefined` where there is none. */
  torrent(infoHash: InfoHash): TorrentContext | undefined;
  /** Throws `SESSION_DUPLICATE_TORRENT`, `SESSION_STOPPED`. */
  addTorrent(params: AddTorrentParams): TorrentContext;
  /** Removes a torrent; its files stay. Resolves when its storage is closed. */
  removeTorrent(infoHash: InfoHash): Promise<void>;
  /** Adds an extension to the session. Throws {@link DuplicateExtensionError}, `PLUGIN_…`. */
  addExtension(extension: SessionPlugin | TorrentPluginFactory): ExtensionHandle;
  /** Takes out an extension of the session. Rejects with `PLUGIN_UNKNOWN`. */
  removeExtension(name: string, options?: RemoveExtensionOptions): Promise<void>;
  /** Keeps an address or principal out, and closes its connections. */
  ban(target: BanTarget, options: BanOptions): void;
  /** Lifts a ban. False where there is none. */
  unban(target: BanTarget): boolean;
  /** All bans in force, whoever asked for them. */
  bans(): readonly Ban[];
  /**
   * Posts a `plugin` alert with this plugin's name. At most 1 000 a turn: false, and counted, beyond.
   */
  postAlert(
    event: string,
    data?: Readonly<Record<string, unknown>>,
    about?: { infoHash?: InfoHash; endpoint?: Endpoint },
  ): boolean;
  /** Throws `PLUGIN_TRANSPORT` where the name is taken. */
  registerTransport(transport: Transport): TransportHandle;
  /** The counter of that name. Throws `PLUGIN_METRICS` past 256 counters and gauges. */
  counter(name: string): Counter;
  /** Reads `read` whenever statistics are taken. Throws `PLUGIN_METRICS` past 256 counters and gauges. */
  gauge(name: string, read: () => number): Disposer;
  /** Counters of the session, now. */
  stats(): SessionStats;
  /** Gives back what `DiskBufferHolder.release` gave. Throws `PLUGIN_BUFFER_UNKNOWN` the second time. */
  freeDiskBuffer(buffer: Uint8Array): void;
  /** The session plugin of another extension. */
  plugin<T>(key: PluginKey<T>): T | undefined;
}
