import { fileURLToPath } from 'node:url';
import { type Endpoint, parseEndpoint } from '@peerloom/core';
import type { AddressFamily, Engine } from './engine.js';
import { python } from './engine-name.js';
import { StdioDriver } from './stdio-driver.js';

const driver = fileURLToPath(new URL('../../engines/libtorrent_driver.py', import.meta.url));

/** What libtorrent tells of its torrent. */
export interface LibtorrentStatus {
  readonly state: string;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Of pieces that failed their hash check. */
  readonly failedBytes: number;
  readonly redundantBytes: number;
  readonly pieceCount: number;
  readonly hasMetadata: boolean;
  readonly error: string | null;
}

/** What libtorrent tells of one of its connections. */
export interface LibtorrentPeer {
  readonly endpoint: string;
  readonly client: string;
  readonly isOutgoing: boolean;
  readonly isSeed: boolean;
  readonly isUploadOnly: boolean;
  readonly supportsExtensions: boolean;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly hashFailures: number;
}

/** What a tracker has told libtorrent of its torrent. */
export interface LibtorrentScrape {
  readonly complete: number;
  readonly incomplete: number;
}

/** Settings of libtorrent, by its names. */
export type LibtorrentSettings = Readonly<Record<string, string | number | boolean>>;

/** A libtorrent session in a process of its own, with one torrent. */
export class Libtorrent implements Engine {
  readonly #driver: StdioDriver;

  /** `settings` override those of the driver. */
  constructor(settings: LibtorrentSettings = {}) {
    this.#driver = new StdioDriver('libtorrent', python, [driver, JSON.stringify(settings)]);
  }

  async listening(family: AddressFamily = 4): Promise<Endpoint> {
    const { endpoint } = await this.#driver.event<{ readonly endpoint: string }>(
      'listen_succeeded',
      (event) => event.endpoint.startsWith('[') === (family === 6),
    );
    return parseEndpoint(endpoint);
  }

  /** Adds the torrent, and resolves when the files in `savePath` are checked. Without `pex` it takes no part in that. */
  async add(torrentPath: string, savePath: string, options: { readonly pex?: boolean } = {}): Promise<void> {
    await this.#driver.do('add', { torrentPath, savePath, ...options });
    await this.#driver.event('torrent_checked');
  }

  /** Adds a magnet link, whose metadata comes from peers. Without `pex` it takes no part in that. */
  addMagnet(link: string, savePath: string, options: { readonly pex?: boolean } = {}): Promise<void> {
    return this.#driver.do('add_magnet', { link, savePath, ...options });
  }

  connect({ address, port }: Endpoint): Promise<void> {
    return this.#driver.do('connect', { address, port });
  }

  /** Says which files it wants: one number for each, 0 for none of it. */
  prioritizeFiles(priorities: readonly number[]): Promise<void> {
    return this.#driver.do('prioritize_files', { priorities });
  }

  async finished(): Promise<void> {
    await this.#driver.event('torrent_finished');
    await this.#driver.event('cache_flushed');
  }

  /** Resolves once it has some piece. */
  async hasAPiece(): Promise<void> {
    await this.#driver.event('piece_finished');
  }

  /** From now on looks which peers are upload-only (BEP 21). */
  watchPeers(): Promise<void> {
    return this.#driver.do('watch_peers');
  }

  /** Resolves once a peer has become upload-only. */
  async uploadOnlyBegun(): Promise<void> {
    await this.#driver.event('upload_only_begun');
  }

  /** Takes the torrent out of the session, of which its trackers are told. */
  remove(): Promise<void> {
    return this.#driver.do('remove');
  }

  /** Scrapes the torrent's first tracker. */
  async scrape(): Promise<LibtorrentScrape> {
    await this.#driver.do('scrape');
    return this.#driver.event<LibtorrentScrape>('scrape_reply');
  }

  status(): Promise<LibtorrentStatus> {
    return this.#driver.do('status');
  }

  /** How many messages of each kind have come so far, by libtorrent's names for them: `bitfield`, `pex`, … */
  receivedMessages(): Promise<Readonly<Record<string, number>>> {
    return this.#driver.do('received_messages');
  }

  async faults(): Promise<readonly string[]> {
    const { failedBytes, redundantBytes, error } = await this.status();
    return [
      ...(failedBytes > 0 ? [`${failedBytes} bytes failed`] : []),
      ...(redundantBytes > 0 ? [`${redundantBytes} bytes redundant`] : []),
      ...(error === null ? [] : [error]),
    ];
  }

  peers(): Promise<readonly LibtorrentPeer[]> {
    return this.#driver.do('peers');
  }

  /** Makes a torrent of a file or folder, as libtorrent does. */
  create(
    path: string,
    torrentPath: string,
    options: { readonly pieceLength: number; readonly version: 'v1' | 'hybrid' },
  ): Promise<void> {
    return this.#driver.do('create', { path, torrentPath, ...options });
  }

  describe(): string {
    return this.#driver.describe();
  }

  stop(): Promise<void> {
    return this.#driver.stop();
  }
}
