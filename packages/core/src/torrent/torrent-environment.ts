import type { SessionBandwidth } from '../bandwidth/session-bandwidth.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Endpoint } from '../common/endpoint.js';
import type { InfoHash } from '../common/info-hash.js';
import type { ReadCache } from '../disk/read-cache.js';
import type { PluginScope, ScopeUsage } from '../dispatch/plugin-scope.js';
import type { PeerEnvironment } from '../peer/peer-environment.js';
import type { BanOptions, BanTarget, SessionContext } from '../plugin/session-context.js';
import type { Connection } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import type { Storage } from '../ports/storage.js';
import type { SessionCounters } from './session-counters.js';

/** Lets few checks of files run at once. Torrents are named by their infohash, in hexadecimal. */
export interface CheckScheduler {
  /** Whether a check waits for its turn. */
  isWaiting(infoHash: string): boolean;
  /** Runs `check` when it is its turn. Resolves with false where it was given up before. */
  run(infoHash: string, check: () => Promise<void>): Promise<boolean>;
  /** Gives up what waits. */
  leave(infoHash: string): void;
}

/** Who shares the dials of a session. */
export interface Dialler {
  readonly wantsDial: boolean;
  /** Whether it need not keep to the session's speed. */
  readonly isBoosted: boolean;
  dialNext(): void;
}

/** What all torrents of a session share. Implemented by the session. */
export interface TorrentEnvironment extends PeerEnvironment {
  readonly counters: SessionCounters;
  readonly random: Random;
  readonly peerId: Uint8Array;
  readonly storage: Storage;
  readonly readCache: ReadCache;
  readonly bandwidth: SessionBandwidth;
  nextConnectionId(): number;
  /** For the order of plugins. */
  nextPluginSequence(): number;
  /** What a plugin has outstanding in the whole session, by name. */
  usageOf(plugin: string): ScopeUsage;
  sessionContextFor(torrentScope: PluginScope): SessionContext;
  /** Blocks of new pieces that the slot pool has room for, over all torrents. */
  openableBlocks(): number;
  /** Dials for `dialler` when it is its turn, until it wants no more. */
  requestDials(dialler: Dialler): void;
  /** A dialled connection is open, or has failed. */
  dialSettled(connectionId: number): void;
  /** Whether another connection may be accepted. */
  hasRoomForPeer(): boolean;
  dial(remote: Endpoint): Connection;
  /** Addresses of a host name or address; none where there are none. */
  resolve(host: string): Promise<readonly string[]>;
  readonly checks: CheckScheduler;
  /** Whether the queue has a place for one more torrent. */
  mayStart(): boolean;
  /** What the queue decides by may have changed of a torrent. */
  lifeChanged(infoHash: InfoHash): void;
  removeTorrent(infoHash: InfoHash): Promise<void>;
  /** Resolves when the data is closed of a torrent of this infohash that was removed before. */
  torrentLeft(infoHash: InfoHash): Promise<void>;
  /** Whether an extension of the session has the name. */
  isSessionExtension(name: string): boolean;
  /** Why an endpoint may not be a peer: banned, or ourselves. */
  blocked(endpoint: Endpoint): DisconnectReason | undefined;
  /** Why a principal may not be a peer. */
  blockedPrincipal(principal: string): DisconnectReason | undefined;
  ban(target: BanTarget, options: BanOptions, plugin: string | undefined): void;
  /** A connection has left the budget of half-authenticated ones. */
  peerAdmitted(connectionId: number): void;
  peerClosed(connectionId: number): void;
  peerOpened(connectionId: number, isIncoming: boolean): void;
}
