import { fileURLToPath } from 'node:url';
import { type Endpoint, endpoint, formatEndpoint } from '@peerloom/core';
import { type AddressFamily, type Engine, loopback } from './engine.js';
import { StdioDriver } from './stdio-driver.js';

const driver = fileURLToPath(new URL('../../engines/webtorrent_driver.mjs', import.meta.url));

/** Options of webtorrent's client, and of the driver. */
export interface WebtorrentOptions {
  /** Whether it offers the fast extension (BEP 6); by default it does. */
  readonly fast?: boolean;
  /** 0: plain, 1: encrypted (MSE) with plain after a failure, which is webtorrent's default. */
  readonly secure?: 0 | 1;
  /** Bytes a second. */
  readonly uploadLimit?: number;
  readonly downloadLimit?: number;
}

/** What webtorrent tells of its torrent. */
interface WebtorrentStatus {
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Pieces that failed their hash check are told so. */
  readonly warnings: readonly string[];
}

/** What webtorrent tells of one of its connections. */
interface WebtorrentPeer {
  readonly isOutgoing: boolean;
  readonly isSeed: boolean;
  readonly hasFast: boolean;
  readonly isChoked: boolean;
  readonly isChokingUs: boolean;
}

/** A webtorrent client in a process of its own, with one torrent. It listens on all addresses. */
export class Webtorrent implements Engine {
  readonly #driver: StdioDriver;

  constructor(options: WebtorrentOptions = {}) {
    this.#driver = new StdioDriver('webtorrent', process.execPath, [driver, JSON.stringify(options)]);
  }

  async listening(family: AddressFamily = 4): Promise<Endpoint> {
    const { port } = await this.#driver.event<{ readonly port: number }>('listening');
    return endpoint(loopback[family], port);
  }

  /** Adds the torrent, and resolves when the files in `savePath` are checked, or taken as right without. */
  add(torrentPath: string, savePath: string, { assumeComplete = false } = {}): Promise<void> {
    return this.#driver.do('add', { torrentPath, savePath, assumeComplete });
  }

  connect(peer: Endpoint): Promise<void> {
    return this.#driver.do('connect', { peer: formatEndpoint(peer) });
  }

  async finished(): Promise<void> {
    await this.#driver.event('done');
  }

  status(): Promise<WebtorrentStatus> {
    return this.#driver.do('status');
  }

  async faults(): Promise<readonly string[]> {
    const { warnings } = await this.status();
    return warnings;
  }

  peers(): Promise<readonly WebtorrentPeer[]> {
    return this.#driver.do('peers');
  }

  describe(): string {
    return this.#driver.describe();
  }

  stop(): Promise<void> {
    return this.#driver.stop();
  }
}
