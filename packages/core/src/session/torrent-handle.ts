import { rateLimitsOf, setRateLimits } from '../bandwidth/torrent-bandwidth.js';
import type { ReadonlyBitfield } from '../common/bitfield.js';
import type { Endpoint } from '../common/endpoint.js';
import { type PeerloomError, SessionError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { TorrentState } from '../common/torrent-state.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import type { ExtensionHandle, RemoveExtensionOptions } from '../plugin/extension-handle.js';
import type { PluginKey } from '../plugin/plugin-key.js';
import type { RateLimits } from '../plugin/rate-limits.js';
import type { KnownPeer, PauseOptions, TorrentStats } from '../plugin/torrent-context.js';
import type { TorrentPluginFactory } from '../plugin/torrent-plugin.js';
import type { Torrent } from '../torrent/torrent.js';
import { addTorrentExtension, removeTorrentExtension } from '../torrent/torrent-extensions.js';
import { torrentStats } from '../torrent/torrent-stats.js';
import type { TorrentWants } from '../torrent/torrent-wants.js';
import { type PeerInfo, peerInfo } from './peer-info.js';
import type { SessionEngine } from './session-engine.js';

/** An application's handle of one torrent. After the torrent was removed, reads give the last value. */
export class TorrentHandle {
  readonly #engine: SessionEngine;
  readonly #torrent: Torrent;

  /** @internal Made by {@link Session.addTorrent}. */
  constructor(engine: SessionEngine, torrent: Torrent) {
    this.#engine = engine;
    this.#torrent = torrent;
  }

  /** What the torrent is known by. */
  get infoHash(): InfoHash {
    return this.#torrent.infoHash;
  }

  /** From the metadata, else the magnet's display name, else the infohash. */
  get name(): string {
    return this.#torrent.name;
  }

  /** What the torrent is doing. */
  get state(): TorrentState {
    return this.#torrent.life.state;
  }

  /** Whether it is paused. */
  get isPaused(): boolean {
    return this.#torrent.life.isPaused;
  }

  /** Whether the session's queue starts and stops it. */
  get isAutoManaged(): boolean {
    return this.#torrent.life.isAutoManaged;
  }

  /** Whether it waits for a place in the queue, or for its files to be checked. Being paused comes first. */
  get isQueued(): boolean {
    return this.#torrent.life.isQueued;
  }

  /**
   * Place in the order of the session's torrents, from 0, at first the order in which they were added; -1 once
   * removed. Earlier ones become active first, downloads before seeds. O(torrents) to read.
   */
  get queuePosition(): number {
    return this.#engine.queue.positionOf(this.#torrent);
  }

  /** What stopped it, in state `error`. */
  get error(): PeerloomError | undefined {
    return this.#torrent.life.error;
  }

  /** `undefined` before metadata is known. */
  get info(): TorrentInfo | undefined {
    return this.#torrent.info;
  }

  /** Counters of the torrent, now. */
  get stats(): TorrentStats {
    return torrentStats(this.#torrent);
  }

  /** Bytes hashed by the check that is running or ran last. */
  get checkedBytes(): number {
    return this.#torrent.data.checkedBytes;
  }

  /** What we have, now; `undefined` before metadata. */
  pieces(): ReadonlyBitfield | undefined {
    return this.#torrent.picker?.have.clone();
  }

  /** All connections as they are now. */
  peers(): readonly PeerInfo[] {
    return this.#torrent.peers.all().map((peer) => peerInfo(peer));
  }

  /** Peers that the torrent knows of, connected or not. */
  knownPeers(): readonly KnownPeer[] {
    return this.#torrent.peers.known.list().map((record) => ({ ...record }));
  }

  /** Adds a peer to connect to. False where it is known, banned, or a plugin objects. */
  addPeer(endpoint: Endpoint): boolean {
    return this.#torrent.peers.add(endpoint, 'manual');
  }

  /** 0 (not wanted) to 7, by default 4; 0 before metadata and where there is no such piece. */
  piecePriority(piece: number): number {
    return this.#torrent.data.wants?.piecePriority(piece) ?? 0;
  }

  /** Higher ones are asked for first. Throws `SESSION_NO_METADATA`, `SESSION_OUT_OF_RANGE`. */
  setPiecePriority(piece: number, priority: number): void {
    if (!this.#wants.setPiecePriority(piece, priority)) {
      throw outOfRange(`there is no piece ${piece}, or no priority ${priority}`);
    }
    this.#torrent.wantsChanged();
  }

  /** 0 (not wanted) to 7, by default 4; 0 before metadata and where there is no such file. */
  filePriority(file: number): number {
    return this.#torrent.data.wants?.filePriority(file) ?? 0;
  }

  /**
   * Pieces get the highest priority of the files they are part of, whatever they were given before. A file of
   * priority 0 that is not there yet is not made: what pieces have of it that reach into a wanted file is kept
   * beside the files, and put in its place when the file is wanted. One that is there is left as it is. Throws
   * `SESSION_NO_METADATA`, `SESSION_OUT_OF_RANGE`.
   */
  setFilePriority(file: number, priority: number): void {
    if (!this.#wants.setFilePriority(file, priority)) {
      throw outOfRange(`there is no file ${file}, or no priority ${priority}`);
    }
    this.#torrent.wantsChanged(file);
  }

  /** Whether pieces are asked for in order rather than rarest first. */
  get isSequential(): boolean {
    return this.#torrent.data.isSequential;
  }

  /** Also before metadata is known. */
  setSequential(on: boolean): void {
    this.#torrent.data.setSequential(on);
  }

  /**
   * The piece is wanted within `delayMs` milliseconds: pieces with a deadline are asked for before all others,
   * the earliest first, and those that are late of two peers. For what is played while it downloads. A piece
   * of priority 0 stays unwanted. The deadline ends when the piece is had; `pieceFinished` tells. Throws
   * `SESSION_NO_METADATA`, `SESSION_OUT_OF_RANGE`.
   */
  setPieceDeadline(piece: number, delayMs: number): void {
    if (!this.#wants.setPieceDeadline(piece, delayMs)) {
      throw outOfRange(`there is no piece ${piece}, or no deadline in ${delayMs} ms`);
    }
  }

  /** Throws `SESSION_NO_METADATA`, `SESSION_OUT_OF_RANGE`. */
  clearPieceDeadline(piece: number): void {
    if (!this.#wants.clearPieceDeadline(piece)) throw outOfRange(`there is no piece ${piece}`);
  }

  /** Ends the deadlines of all pieces. */
  clearPieceDeadlines(): void {
    this.#torrent.data.wants?.clearPieceDeadlines();
  }

  /**
   * Where a file is, below the folder of the torrent's data, `/` between elements: as the torrent says, or as it
   * was renamed. Throws `SESSION_NO_METADATA`, `SESSION_OUT_OF_RANGE`.
   */
  filePath(file: number): string {
    if (this.info === undefined) throw noMetadata();
    const { path } = this.info.layout.files[file] ?? {};
    if (path === undefined) throw outOfRange(`there is no file ${file}`);
    return this.#torrent.fileMoves.pathOf(file) ?? path.join('/');
  }

  /**
   * Gives a file another path, also while it is downloaded or served: relative to the folder of the torrent's
   * data, `/` between elements, the torrent's folder first where it is to stay in it. Resolves with the path, made
   * safe as those in torrent files are; the storage keeps it for the next session. `fileRenamed` tells.
   *
   * Rejects with `STORAGE_EXISTS` where something is there, which is never written over, `STORAGE_UNSUPPORTED`,
   * another `STORAGE_…`, `SESSION_NO_METADATA` or `SESSION_OUT_OF_RANGE`; then nothing has changed, and
   * `fileRenameFailed` tells.
   */
  renameFile(file: number, path: string): Promise<string> {
    return this.#torrent.fileMoves.renameFile(file, path);
  }

  /**
   * Moves the torrent's data to another place, for a {@link FileStorage} a folder, also while it is downloaded or
   * served: files, what is kept of files that are not wanted, and what is known of them for the next session.
   * Within one file system nothing is copied. What is under way waits. `storageMoved` tells. In the next session the
   * torrent is to be added with a storage for that place.
   *
   * Rejects with `STORAGE_EXISTS` where something is in the way, which is never written over,
   * `STORAGE_UNSUPPORTED`, another `STORAGE_…` or `SESSION_NO_METADATA`; then everything is where it was, and
   * `storageMoveFailed` tells.
   */
  moveStorage(place: string): Promise<void> {
    return this.#torrent.fileMoves.moveStorage(place);
  }

  get #wants(): TorrentWants {
    const { wants } = this.#torrent.data;
    if (wants === undefined) throw noMetadata();
    return wants;
  }

  /** The limits of the torrent alone, the least of what is set here and by extensions; those of the session hold besides. */
  get rateLimits(): RateLimits {
    return rateLimitsOf(this.#torrent.bandwidth);
  }

  /** Sets the limits that are given, from now on; extensions set theirs. Throws `SESSION_OUT_OF_RANGE`, and then none is set. */
  setRateLimits(limits: Partial<RateLimits>): void {
    const wrong = setRateLimits(this.#torrent.bandwidth, limits);
    if (wrong !== undefined) throw outOfRange(wrong);
  }

  /** Adds an extension to this torrent; connections that exist are shown to it. */
  addExtension(factory: TorrentPluginFactory, userData?: unknown): ExtensionHandle {
    return addTorrentExtension(this.#torrent, this.#engine.alerts, factory, userData);
  }

  /** Takes out an extension of this torrent. Throws `PLUGIN_UNKNOWN` where there is none of that name. */
  removeExtension(name: string, options?: RemoveExtensionOptions): void {
    removeTorrentExtension(this.#torrent, this.#engine.alerts, name, options);
  }

  /** The torrent plugin that an extension made for this torrent. */
  plugin<T>(key: PluginKey<T>): T | undefined {
    return this.#torrent.plugins.hooks.find(key.name)?.plugin as T | undefined;
  }

  /** Closes its connections and dials nobody, until it is resumed. */
  pause(options?: PauseOptions): void {
    this.#torrent.life.pause(options);
  }

  /** Goes on; after an error the data is checked first. */
  resume(options?: PauseOptions): void {
    this.#torrent.life.resume(options);
  }

  /** Leaves it to the queue whether it is active, or not: then it goes on at once, unless it is paused. */
  setAutoManaged(isAutoManaged: boolean): void {
    this.#torrent.life.setAutoManaged(isAutoManaged);
  }

  /** Moves it to a position in the queue, or the nearest there is. */
  moveTo(position: number): void {
    const { checks, queue } = this.#engine;
    checks.move(this.infoHash.hex, () => queue.move(this.#torrent, position));
  }

  /** Moves it one place forward in the queue. */
  moveUp(): void {
    this.moveTo(this.queuePosition - 1);
  }

  /** Moves it one place back in the queue. */
  moveDown(): void {
    this.moveTo(this.queuePosition + 1);
  }

  /** Moves it to the front of the queue. */
  moveToTop(): void {
    this.moveTo(0);
  }

  /** Moves it to the end of the queue. */
  moveToBottom(): void {
    this.moveTo(Number.MAX_SAFE_INTEGER);
  }

  /** Hashes the data anew. Resolves when done. */
  recheck(): Promise<void> {
    return this.#torrent.recheck();
  }

  /**
   * Resolves when what the storage has kept of the metadata was looked for: with whether it is known now. Where it
   * is not, peers have to tell it.
   */
  async metadataLooked(): Promise<boolean> {
    await this.#torrent.data.metadataLooked;
    return this.info !== undefined;
  }

  /** Resolves once the data was checked; rejects where the torrent stops in error or is removed first. */
  checked(): Promise<void> {
    return this.#when(() => this.#torrent.data.isChecked);
  }

  /** Resolves once every wanted piece is had; rejects where the torrent stops in error or is removed. */
  finished(): Promise<void> {
    return this.#when(() => this.state === 'seeding' || this.state === 'finished');
  }

  #when(isThere: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        if (isThere()) resolve();
        else if (this.state === 'error') reject(this.error);
        else if (this.#torrent.isClosed) {
          reject(new SessionError('SESSION_TORRENT_REMOVED', 'the torrent was removed'));
        } else return false;
        return true;
      };
      if (look()) return;
      const remove = this.#engine.alerts.watchTorrent(this.infoHash.hex, () => {
        if (look()) remove();
      });
    });
  }
}

function noMetadata(): SessionError {
  return new SessionError('SESSION_NO_METADATA', 'the metadata is not known yet');
}

function outOfRange(message: string): SessionError {
  return new SessionError('SESSION_OUT_OF_RANGE', message);
}
