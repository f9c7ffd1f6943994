import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Endpoint, endpoint } from '@peerloom/core';
import { Child } from './child.js';
import { doneLine, doneScript } from './done-script.js';
import { type AddressFamily, type Engine, loopback } from './engine.js';
import { findFreePort } from './free-port.js';

const sessionIdHeader = 'x-transmission-session-id';

/** One of transmission's connections, as its RPC tells. */
interface TransmissionPeer {
  readonly address: string;
  readonly clientName: string;
  readonly flagStr: string;
  readonly isIncoming: boolean;
  readonly progress: number;
}

/** What transmission tells of a tracker. */
export interface TransmissionTracker {
  readonly lastAnnounceSucceeded: boolean;
  readonly lastAnnounceResult: string;
  readonly lastAnnouncePeerCount: number;
  readonly lastScrapeSucceeded: boolean;
  readonly lastScrapeResult: string;
  readonly seederCount: number;
  readonly leecherCount: number;
}

/** What transmission tells of its torrent. */
export interface TransmissionStatus {
  readonly percentDone: number;
  readonly downloadedEver: number;
  readonly uploadedEver: number;
  readonly corruptEver: number;
  readonly errorString: string;
  readonly peers: readonly TransmissionPeer[];
}

/** A transmission daemon with a configuration of its own, and one torrent. */
export class Transmission implements Engine {
  readonly #child: Child;
  readonly #rpcUrl: string;
  readonly #peerPort: number;
  #sessionId = '';

  private constructor(child: Child, rpcUrl: string, peerPort: number) {
    this.#child = child;
    this.#rpcUrl = rpcUrl;
    this.#peerPort = peerPort;
  }

  /** Starts one with its configuration in `folder`. */
  static async start(folder: string): Promise<Transmission> {
    const rpcPort = await findFreePort();
    const peerPort = await findFreePort();
    await mkdir(folder, { recursive: true });
    const settings = {
      'bind-address-ipv4': loopback[4],
      'bind-address-ipv6': loopback[6],
      'cache-size-mb': 0,
      'dht-enabled': false,
      'download-queue-enabled': false,
      // Tolerated: plain where the peer does not want it otherwise.
      encryption: 0,
      'lpd-enabled': false,
      'peer-port': peerPort,
      'pex-enabled': false,
      'port-forwarding-enabled': false,
      'rename-partial-files': false,
      'rpc-bind-address': '127.0.0.1',
      'rpc-port': rpcPort,
      'script-torrent-done-enabled': true,
      'script-torrent-done-filename': doneScript,
      'utp-enabled': false,
    };
    await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
    const child = new Child('transmission-daemon', ['--foreground', '--config-dir', folder, '--log-info']);
    const transmission = new Transmission(child, `http://127.0.0.1:${rpcPort}/transmission/rpc`, peerPort);
    await child.line((line) => line.includes('Serving RPC'), "transmission's RPC");
    return transmission;
  }

  async listening(family: AddressFamily = 4): Promise<Endpoint> {
    return endpoint(loopback[family], this.#peerPort);
  }

  /** Adds the torrent, a file or a magnet link, with its data, if any, in `savePath`. */
  async add(source: string, savePath: string): Promise<void> {
    await mkdir(savePath, { recursive: true });
    await this.#call('torrent-add', { filename: source, 'download-dir': savePath });
  }

  /** Takes all torrents out, of which their trackers are told. */
  async remove(): Promise<void> {
    await this.#call('torrent-remove', {});
  }

  /** What its torrent's trackers have said. */
  async trackers(): Promise<readonly TransmissionTracker[]> {
    const answer = await this.#call('torrent-get', { fields: ['trackerStats'] });
    const { torrents } = answer as {
      readonly torrents: readonly { readonly trackerStats: readonly TransmissionTracker[] }[];
    };
    return torrents.flatMap(({ trackerStats }) => trackerStats);
  }

  async finished(): Promise<void> {
    await this.#child.line((line) => line === doneLine, 'transmission to finish');
  }

  async status(): Promise<TransmissionStatus> {
    const fields = [
      'percentDone',
      'downloadedEver',
      'uploadedEver',
      'corruptEver',
      'errorString',
      'peers',
    ] as const;
    const answer = await this.#call('torrent-get', { fields });
    const [status] = (answer as { readonly torrents: readonly TransmissionStatus[] }).torrents;
    if (status === undefined) throw new Error('transmission has no torrent');
    return status;
  }

  async faults(): Promise<readonly string[]> {
    const { corruptEver, errorString } = await this.status();
    return [
      ...(corruptEver > 0 ? [`${corruptEver} bytes failed`] : []),
      ...(errorString === '' ? [] : [errorString]),
    ];
  }

  async #call(method: string, fields: Readonly<Record<string, unknown>>): Promise<unknown> {
    const response = await fetch(this.#rpcUrl, {
      method: 'POST',
      headers: { [sessionIdHeader]: this.#sessionId },
      body: JSON.stringify({ method, arguments: fields }),
    });
    // The first call is refused, with the id to be named from then on.
    if (response.status === 409) {
      this.#sessionId = response.headers.get(sessionIdHeader) ?? '';
      return this.#call(method, fields);
    }
    const answer = (await response.json()) as { readonly result: string; readonly arguments: unknown };
    if (answer.result !== 'success') throw new Error(`transmission: ${method}: ${answer.result}`);
    return answer.arguments;
  }

  describe(): string {
    return this.#child.describe();
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
