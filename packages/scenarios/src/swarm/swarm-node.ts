import {
  type AddTorrentParams,
  type Alert,
  type BanTarget,
  bytesToHex,
  type Endpoint,
  endpoint,
  FileStorage,
  type PeerloomError,
  Session,
  type SessionPlugin,
  type Settings,
  type TorrentHandle,
  type TorrentPluginFactory,
} from '@peerloom/core';
import type { NodeProgress, NodeRole } from '../scenario.js';
import { AddressNetwork } from './address-network.js';
import { peerWatch } from './peer-watch.js';
import { RateWindow } from './rate-window.js';
import { type NodeNames, TrafficWatch } from './traffic-watch.js';

/** How to make a {@link SwarmNode}. */
export interface SwarmNodeOptions {
  readonly name: string;
  readonly role: NodeRole;
  /** Where its files are. */
  readonly folder: string;
  /** Its address: one of this machine. */
  readonly address: string;
  /** In this order. */
  readonly extensions?: readonly (SessionPlugin | TorrentPluginFactory)[];
  readonly settings?: Partial<Settings>;
  readonly onAlert: (alert: Alert) => void;
  /** A torrent of this session has stopped because of an error. */
  readonly onError: (error: PeerloomError) => void;
}

/** One session of a swarm, with an address and files of its own, and one torrent. */
export class SwarmNode {
  readonly name: string;
  readonly role: NodeRole;
  readonly folder: string;
  readonly session: Session;
  readonly #address: string;
  readonly #storage: FileStorage;
  readonly #reported: Promise<void>;
  readonly #downloadRate = new RateWindow();
  readonly #uploadRate = new RateWindow();
  readonly #traffic = new TrafficWatch();
  #endpoint: Endpoint | undefined;
  #torrent: TorrentHandle | undefined;

  constructor({
    name,
    role,
    folder,
    address,
    extensions = [],
    settings,
    onAlert,
    onError,
  }: SwarmNodeOptions) {
    this.name = name;
    this.role = role;
    this.folder = folder;
    this.#address = address;
    this.#storage = new FileStorage({ root: folder });
    this.session = new Session({
      storage: this.#storage,
      network: new AddressNetwork(address),
      // All sessions of the swarm are on one machine: what strangers may not do at once, they may.
      settings: { exemptLoopback: true, ...settings },
      extensions: [...extensions, peerWatch(), this.#traffic.extension()],
    });
    this.session.on('torrentError', ({ error }) => onError(error));
    this.#reported = this.#forwardAlerts(onAlert);
  }

  async #forwardAlerts(onAlert: (alert: Alert) => void): Promise<void> {
    for await (const alert of this.session.alerts()) onAlert(alert);
  }

  /** Listens on a free port of its address. Rejects with `NETWORK_…`. */
  async listen(): Promise<Endpoint> {
    this.#endpoint = await this.session.listen(endpoint(this.#address, 0));
    return this.#endpoint;
  }

  /** Where others reach it; none before {@link listen}. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoint ? [this.#endpoint] : [];
  }

  /** In hexadecimal. */
  get peerId(): string {
    return bytesToHex(this.session.peerId);
  }

  /** Whether a ban by address keeps it out: by its address, or where others share that one, by its port, too. */
  isMetBy(ban: BanTarget): boolean {
    if ('principal' in ban) return false;
    const { address, port } = ban.endpoint;
    if (ban.portOnly !== true) return address === this.#address;
    return address === this.#address && port === this.#endpoint?.port;
  }

  /** The swarm's torrent; `undefined` before {@link add}. */
  get torrent(): TorrentHandle | undefined {
    return this.#torrent;
  }

  /** Adds the swarm's torrent, and connects to the nodes given. */
  add(torrent: AddTorrentParams['torrent'], nodes: readonly SwarmNode[]): TorrentHandle {
    const peers = nodes.flatMap(({ endpoints }) => endpoints);
    this.#torrent = this.session.addTorrent({ torrent, peers });
    return this.#torrent;
  }

  /**
   * Where it is at a time, in milliseconds, that never goes back; all zeros before {@link add}. `nameOf` names those
   * with whom it has exchanged blocks.
   */
  progress(timeMs: number, nameOf: NodeNames): NodeProgress {
    const { name, role } = this;
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
      pieces,
      haveBytes,
      totalBytes: layout?.totalLength ?? 0,
      downloadedBytes,
      uploadedBytes,
      downloadRate: this.#downloadRate.sample(timeMs, downloadedBytes),
      uploadRate: this.#uploadRate.sample(timeMs, uploadedBytes),
      peerCount: stats?.peerCount ?? 0,
      traffic: this.#traffic.read(nameOf),
    };
  }

  /** Stops the session, closes the files, and resolves when all its alerts were reported. */
  async stop(): Promise<void> {
    await this.session.stop();
    await this.#storage.close();
    await this.#reported;
  }
}
