import { fileURLToPath } from 'node:url';
import { type Endpoint, parseEndpoint } from '@peerloom/core';
import { Child } from './child.js';
import { python } from './engine-name.js';

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

/** A libtorrent session in a process of its own, with one torrent. */
export class Libtorrent {
  readonly #child: Child;
  #commandCount = 0;

  /** `settings` override those of the driver; the names are libtorrent's. */
  constructor(settings: Readonly<Record<string, string | number | boolean>> = {}) {
    this.#child = new Child(python, [driver, JSON.stringify(settings)]);
  }

  /** Where it takes connections. */
  async listening(): Promise<Endpoint> {
    const line = await this.#event('listen_succeeded');
    const { endpoint } = JSON.parse(line) as { readonly endpoint: string };
    return parseEndpoint(endpoint);
  }

  /** Adds the torrent, and resolves when the files in `savePath` are checked. */
  async add(torrentPath: string, savePath: string): Promise<void> {
    await this.#do('add', { torrentPath, savePath });
    await this.#event('torrent_checked');
  }

  /** Dials a peer. */
  connect({ address, port }: Endpoint): Promise<void> {
    return this.#do('connect', { address, port });
  }

  /** Resolves once it has everything, on disk. */
  async finished(): Promise<void> {
    await this.#event('torrent_finished');
    await this.#event('cache_flushed');
  }

  status(): Promise<LibtorrentStatus> {
    return this.#do('status', {});
  }

  peers(): Promise<readonly LibtorrentPeer[]> {
    return this.#do('peers', {});
  }

  /** Makes a torrent of a file or folder, as libtorrent does. */
  create(
    path: string,
    torrentPath: string,
    options: { readonly pieceLength: number; readonly version: 'v1' | 'hybrid' },
  ): Promise<void> {
    return this.#do('create', { path, torrentPath, ...options });
  }

  #event(name: string): Promise<string> {
    return this.#child.line((line) => line.startsWith(`{"event": "${name}"`), `libtorrent's ${name}`);
  }

  async #do<T>(command: string, fields: Readonly<Record<string, unknown>>): Promise<T> {
    const id = ++this.#commandCount;
    this.#child.write(JSON.stringify({ id, do: command, ...fields }));
    const line = await this.#child.line(
      (text) => text.startsWith(`{"id": ${id},`),
      `libtorrent to ${command}`,
    );
    const answer = JSON.parse(line) as { readonly result: T; readonly error?: string };
    if (answer.error !== undefined) throw new Error(`libtorrent: ${command}: ${answer.error}`);
    return answer.result;
  }

  describe(): string {
    return this.#child.describe();
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
