import type { Endpoint } from '../common/endpoint.js';
import type { InfoHash } from '../common/info-hash.js';
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
      readonly endpoint: Endpoint /** Only this port; default: the whole address. */;
      readonly portOnly?: boolean;
    }
  | { readonly principal: string };

/** Options of `session.ban`. */
export interface BanOptions {
  readonly reason: string;
  /** Default: for ever. */
  readonly durationMs?: number;
}

/** A ban in force. */
export interface Ban {
  readonly target: BanTarget;
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
  remove(): void;
}

/** A number that only rises, shown in `session.stats()` as `<plugin>.<name>`. */
export interface Counter {
  add(amount?: number): void;
  readonly value: number;
}

/** What one plugin has outstanding. A plugin that is idle or gone has zeros. */
export interface PluginUsage {
  readonly diskBufferBytes: number;
  readonly blocks: number;
  readonly holds: number;
  readonly timers: number;
  readonly channels: number;
}

/** Counters of the session. */
export interface SessionStats {
  readonly torrentCount: number;
  readonly peerCount: number;
  readonly pendingIncomingCount: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly slotCapacity: number;
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
  readonly settings: Settings;
  /** The session's 20-byte peer id. */
  readonly peerId: Uint8Array;
  /** Sockets that are listening, with their bound ports. */
  readonly listenEndpoints: readonly Endpoint[];
  /** Time, with timers that are guarded and end with this context. */
  readonly clock: Clock;
  readonly random: Random;
  readonly secureRandom: SecureRandom;
  /** The network, with handlers that are guarded, and sockets that close with this context. */
  readonly network: Network;
  /** This plugin's facades of all torrents. */
  torrents(): readonly TorrentContext[];
  torrent(infoHash: InfoHash): TorrentContext | undefined;
  /** Throws `SESSION_DUPLICATE_TORRENT`, `SESSION_STOPPED`. */
  addTorrent(params: AddTorrentParams): TorrentContext;
  /** Removes a torrent; its files stay. Resolves when its storage is closed. */
  removeTorrent(infoHash: InfoHash): Promise<void>;
  /** Adds an extension to the session. Throws {@link DuplicateExtensionError}, `PLUGIN_…`. */
  addExtension(extension: SessionPlugin | TorrentPluginFactory): ExtensionHandle;
  /** Takes out an extension of the session. Rejects with `PLUGIN_UNKNOWN`. */
  removeExtension(name: string, options?: RemoveExtensionOptions): Promise<void>;
  ban(target: BanTarget, options: BanOptions): void;
  unban(target: BanTarget): boolean;
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
  stats(): SessionStats;
  /** Gives back what `DiskBufferHolder.release` gave. Throws `PLUGIN_BUFFER_UNKNOWN` the second time. */
  freeDiskBuffer(buffer: Uint8Array): void;
  /** The session plugin of another extension. */
  plugin<T>(key: PluginKey<T>): T | undefined;
}
