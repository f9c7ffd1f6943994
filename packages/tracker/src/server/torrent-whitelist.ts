import type { InfoHash } from '@peerloom/core/plugin';
import type { AllowedTorrents } from './allowed-torrents.js';
import type { SwarmStore } from './swarm/swarm-store.js';

/**
 * The torrents that a tracker serves; as long as there is no list, any. What is changed counts from the next request
 * on, and what is known of a torrent that is served no more is forgotten at once.
 */
export class TorrentWhitelist {
  readonly #allowed: AllowedTorrents;
  readonly #store: SwarmStore;

  /** Made by the tracker, whose store forgets what is served no more. */
  constructor(allowed: AllowedTorrents, store: SwarmStore) {
    this.#allowed = allowed;
    this.#store = store;
  }

  /** Whether there is a list at all. */
  get isEnabled(): boolean {
    return this.#allowed.list !== undefined;
  }

  /** Torrents on the list; 0 where there is none. */
  get size(): number {
    return this.#allowed.list?.size ?? 0;
  }

  /** Whether the torrent is served. */
  allows(infoHash: InfoHash): boolean {
    return this.#allowed.allows(rawInfoHash(infoHash));
  }

  /** Serves this torrent as well; where there was no list, this one alone from now on. */
  add(infoHash: InfoHash): void {
    if (this.#allowed.list === undefined) this.replace([infoHash]);
    else this.#allowed.list.add(rawInfoHash(infoHash));
  }

  /** Serves this torrent no more. Where there is no list nothing changes. */
  remove(infoHash: InfoHash): void {
    const raw = rawInfoHash(infoHash);
    if (this.#allowed.list?.delete(raw) === true) this.#store.forget(raw);
  }

  /** Serves these torrents and no others; `undefined`: any. */
  replace(infoHashes: Iterable<InfoHash> | undefined): void {
    this.#allowed.replace(infoHashes === undefined ? undefined : rawInfoHashes(infoHashes));
    this.#store.retain((infoHash) => this.#allowed.allows(infoHash));
  }
}

/** Infohashes as requests have them: one character a byte. */
export function rawInfoHashes(infoHashes: Iterable<InfoHash>): Set<string> {
  return new Set(Array.from(infoHashes, rawInfoHash));
}

function rawInfoHash(infoHash: InfoHash): string {
  return String.fromCharCode(...infoHash.toBytes());
}
