import { setRateLimits } from '../bandwidth/torrent-bandwidth.js';
import { SessionError } from '../common/errors.js';
import type { InfoHash } from '../common/info-hash.js';
import type { TransferMeters } from '../peer/rate-meter.js';
import type { AddTorrentParams } from '../plugin/add-torrent-params.js';
import { Torrent } from '../torrent/torrent.js';
import { TorrentContextFacade } from '../torrent/torrent-context.js';
import type { TorrentEnvironment } from '../torrent/torrent-environment.js';
import type { SessionExtensions } from './session-extensions.js';
import type { TorrentQueue } from './torrent-queue.js';

/** What is to become of a torrent that is removed. */
export interface RemoveTorrentOptions {
  /**
   * What was kept of its data, to resume with, is forgotten: added again, all of it is hashed. The data itself
   * stays. Where it can't be forgotten, `resumeSaveFailed` says so. Default false.
   */
  readonly forgetState?: boolean;
}

/** The torrents of a session, by infohash. */
export class Torrents {
  readonly #environment: TorrentEnvironment;
  readonly #meters: TransferMeters;
  readonly #extensions: SessionExtensions;
  readonly #queue: TorrentQueue;
  readonly #torrents = new Map<string, Torrent>();
  /** Torrents that are being closed, by infohash in hexadecimal. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(
    environment: TorrentEnvironment,
    meters: TransferMeters,
    extensions: SessionExtensions,
    queue: TorrentQueue,
  ) {
    this.#queue = queue;
    this.#environment = environment;
    this.#meters = meters;
    this.#extensions = extensions;
  }

  list(): readonly Torrent[] {
    return [...this.#torrents.values()];
  }

  find(infoHash: InfoHash): Torrent | undefined {
    return this.named(infoHash.hex);
  }

  /** By the infohash in hexadecimal. */
  named(hex: string): Torrent | undefined {
    return this.#torrents.get(hex);
  }

  /** Throws `SESSION_DUPLICATE_TORRENT`, `SESSION_TORRENT_REMOVED`, or what an extension objects. */
  add(params: AddTorrentParams): Torrent {
    const environment = this.#environment;
    const torrent = new Torrent(environment, params, this.#meters, (added, scope) => {
      const session = environment.sessionContextFor(scope);
      return new TorrentContextFacade(added, scope, session, environment);
    });
    const wrongLimits = setRateLimits(torrent.bandwidth, params.rateLimits ?? {});
    if (wrongLimits !== undefined) throw new SessionError('SESSION_OUT_OF_RANGE', wrongLimits);
    const { hex } = torrent.infoHash;
    if (this.#torrents.has(hex)) {
      throw new SessionError('SESSION_DUPLICATE_TORRENT', `the torrent ${hex} is here already`);
    }
    this.#torrents.set(hex, torrent);
    this.#queue.add(torrent);
    try {
      this.#extensions.attachAll(torrent);
      for (const factory of params.extensions ?? []) torrent.plugins.add(factory, params.userData);
    } catch (error) {
      this.#torrents.delete(hex);
      this.#queue.remove(torrent);
      void torrent.close();
      throw error;
    }
    if (torrent.isClosed) {
      throw new SessionError('SESSION_TORRENT_REMOVED', 'an extension removed the torrent');
    }
    const { infoHash, name } = torrent;
    this.#environment.alerts.post('torrentAdded', { infoHash, name });
    torrent.start();
    return torrent;
  }

  /** Resolves when the data is closed of a torrent of this infohash that was removed before. */
  async left(infoHash: InfoHash): Promise<void> {
    await this.#leaving.get(infoHash.hex);
  }

  /** Removes a torrent, where it is here. Resolves when its storage is closed. */
  async remove(infoHash: InfoHash, options?: RemoveTorrentOptions): Promise<void> {
    const { hex } = infoHash;
    const torrent = this.find(infoHash);
    if (torrent === undefined) return;
    this.#torrents.delete(hex);
    this.#queue.remove(torrent);
    const closed = torrent.close({ forgetsState: options?.forgetState === true });
    const left = closed.catch(() => undefined);
    this.#leaving.set(hex, left);
    try {
      await closed;
    } finally {
      if (this.#leaving.get(hex) === left) this.#leaving.delete(hex);
      this.#environment.alerts.post('torrentRemoved', { infoHash });
    }
  }

  clear(): void {
    this.#torrents.clear();
  }
}
