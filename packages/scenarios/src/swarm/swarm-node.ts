import {
  type Endpoint,
  FileStorage,
  type Metainfo,
  type PeerloomError,
  Session,
  type TorrentHandle,
} from '@peerloom/core';
import type { NodeProgress, ScenarioEvent } from '../scenario.js';
import { RateWindow } from './rate-window.js';

/** How to make a {@link SwarmNode}. */
export interface SwarmNodeOptions {
  readonly name: string;
  readonly role: NodeProgress['role'];
  /** Where its files are. */
  readonly folder: string;
  readonly report: (event: ScenarioEvent) => void;
  /** A torrent of this session has stopped because of an error. */
  readonly onError: (error: PeerloomError) => void;
}

/** One session of a swarm, with files of its own, listening on loopback, with one torrent. */
export class SwarmNode {
  readonly name: string;
  readonly folder: string;
  readonly #role: NodeProgress['role'];
  readonly #storage: FileStorage;
  readonly #session: Session;
  readonly #reported: Promise<void>;
  readonly #downloadRate = new RateWindow();
  readonly #uploadRate = new RateWindow();
  #endpoint: Endpoint | undefined;
  #torrent: TorrentHandle | undefined;

  constructor({ name, role, folder, report, onError }: SwarmNodeOptions) {
    this.name = name;
    this.folder = folder;
    this.#role = role;
    this.#storage = new FileStorage({ root: folder });
    // All sessions of the swarm share one address: what strangers may not do at once, they may.
    this.#session = new Session({ storage: this.#storage, settings: { exemptLoopback: true } });
    this.#session.on('torrentError', ({ error }) => onError(error));
    this.#reported = this.#forwardAlerts(report);
  }

  async #forwardAlerts(report: (event: ScenarioEvent) => void): Promise<void> {
    for await (const alert of this.#session.alerts()) report({ type: 'alert', node: this.name, alert });
  }

  /** Listens on a free port of 127.0.0.1. Rejects with `NETWORK_…`. */
  async listen(): Promise<void> {
    this.#endpoint = await this.#session.listen('127.0.0.1:0');
  }

  /** Where others reach it; none before {@link listen}. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoint ? [this.#endpoint] : [];
  }

  /** Adds the swarm's torrent, and connects to the nodes given. */
  add(torrent: Metainfo, nodes: readonly SwarmNode[]): TorrentHandle {
    const peers = nodes.flatMap(({ endpoints }) => endpoints);
    this.#torrent = this.#session.addTorrent({ torrent, peers });
    return this.#torrent;
  }

  /** Where it is at a time, in milliseconds, that never goes back; all zeros before {@link add}. */
  progress(timeMs: number): NodeProgress {
    const { name } = this;
    const role = this.#role;
    const layout = this.#torrent?.info?.layout;
    const stats = this.#torrent?.stats;
    const pieces = this.#torrent?.pieces();
    let haveBytes = 0;
    for (let piece = 0; piece < (layout?.pieceCount ?? 0); piece++) {
      if (pieces?.has(piece)) haveBytes += layout?.pieceSize(piece) ?? 0;
    }
    const downloadedBytes = stats?.downloadedBytes ?? 0;
    const uploadedBytes = stats?.uploadedBytes ?? 0;
    return {
      name,
      role,
      haveBytes,
      totalBytes: layout?.totalLength ?? 0,
      downloadedBytes,
      uploadedBytes,
      downloadRate: this.#downloadRate.sample(timeMs, downloadedBytes),
      uploadRate: this.#uploadRate.sample(timeMs, uploadedBytes),
      peerCount: stats?.peerCount ?? 0,
    };
  }

  /** Stops the session, closes the files, and resolves when all its alerts were reported. */
  async stop(): Promise<void> {
    await this.#session.stop();
    await this.#storage.close();
    await this.#reported;
  }
}
