import {
  type Alert,
  type AlertOf,
  type AlertType,
  alertCategories,
  type Endpoint,
  FileStorage,
  formatEndpoint,
  type Magnet,
  type Metainfo,
  type PeerInfo,
  Session,
  type SessionOptions,
  type TorrentHandle,
} from '@peerloom/core';
import type { PeerContext } from '@peerloom/core/plugin';
import { withDeadline } from '../engines/deadline.js';
import { watchPeers } from './peer-watch.js';

/** Alerts that no sound peer and no sound machine give cause for. */
const faults: readonly AlertType[] = [
  'sessionError',
  'listenFailed',
  'pluginFault',
  'pluginWarning',
  'torrentError',
  'peerError',
  'peerBanned',
  'hashFailed',
  'invalidRequest',
  'alertsDropped',
];

/** Alerts that are kept for the message of a failure. */
const keptAlerts = 60;

/** What a session under test may be told. */
export interface PeerloomOptions extends Pick<SessionOptions, 'settings' | 'extensions'> {
  /** Whether we offer the fast extension (BEP 6); by default we do. */
  readonly fast?: boolean;
  /** Alerts that the test gives cause for, of those that fail it otherwise. */
  readonly expects?: readonly AlertType[];
}

/** The session under test, with one torrent in a folder. */
export class Peerloom {
  readonly session: Session;
  readonly folder: string;
  readonly #storage: FileStorage;
  readonly #alerts: string[] = [];
  readonly #faults: string[] = [];
  /** Connections so far, oldest first, those that have ended among them. */
  readonly connections: readonly PeerContext[];
  #torrent: TorrentHandle | undefined;

  constructor(folder: string, { settings, extensions = [], fast = true, expects = [] }: PeerloomOptions) {
    this.folder = folder;
    const connections: PeerContext[] = [];
    this.connections = connections;
    this.#storage = new FileStorage({ root: folder });
    this.session = new Session({
      storage: this.#storage,
      // A dial that an engine turns down while it is still opening the torrent is soon tried again.
      settings: { peerRetryDelayMs: 200, maxPeerFailures: 100, ...settings },
      extensions: [watchPeers(connections, { fast }), ...extensions],
    });
    const { block, log, ...wanted } = alertCategories;
    const mask = Object.values(wanted).reduce<number>((bits, bit) => bits | bit, 0);
    void this.#collect(this.session.alerts({ mask }));
    for (const type of faults) {
      if (!expects.includes(type)) this.session.on(type, (alert) => this.#faults.push(describeAlert(alert)));
    }
  }

  async #collect(alerts: AsyncIterable<Alert>): Promise<void> {
    for await (const alert of alerts) {
      if (alert.type !== 'pieceFinished') this.#alerts.push(describeAlert(alert));
    }
  }

  /** Adds the torrent; resolves when its files are checked. */
  async add(torrent: Metainfo): Promise<void> {
    this.#torrent = this.session.addTorrent({ torrent });
    await this.#within(this.#torrent.checked(), 'the check of the files');
  }

  /** Adds a magnet link, whose metadata comes from peers. */
  addMagnet(torrent: Magnet): void {
    this.#torrent = this.session.addTorrent({ torrent });
  }

  /** Dials a peer. */
  connect(peer: Endpoint): void {
    if (!this.torrent.addPeer(peer)) throw new Error(`${formatEndpoint(peer)} is refused`);
  }

  get torrent(): TorrentHandle {
    if (this.#torrent === undefined) throw new Error('no torrent was added');
    return this.#torrent;
  }

  /** Resolves once it has everything. */
  finished(): Promise<void> {
    return this.#within(this.torrent.finished(), 'Peerloom to finish');
  }

  /** Connections that have finished their handshakes. */
  peers(): readonly PeerInfo[] {
    return this.torrent.peers().filter(({ isReady }) => isReady);
  }

  /** Resolves with the first alert of the type from now on that matches. */
  alert<T extends AlertType>(
    type: T,
    matches: (alert: AlertOf<T>) => boolean = () => true,
  ): Promise<AlertOf<T>> {
    const seen = new Promise<AlertOf<T>>((resolve) => {
      const stop = this.session.on(type, (alert) => {
        if (!matches(alert)) return;
        stop();
        resolve(alert);
      });
    });
    return this.#within(seen, `Peerloom's ${type}`);
  }

  #within<T>(promise: Promise<T>, what: string): Promise<T> {
    return withDeadline(promise, what, () => this.describe());
  }

  /** The last alerts, and the connections. */
  describe(): string {
    const peers = this.#torrent?.peers().map((peer) => JSON.stringify(peer)) ?? [];
    return ['Peerloom:', ...this.#alerts.slice(-keptAlerts), ...peers].join('\n  ');
  }

  /** Stops everything. Resolves with what went wrong since the start: empty where nothing did. */
  async stop(): Promise<readonly string[]> {
    await this.session.stop();
    await this.#storage.close();
    const { slotsInUse, peerCount, pendingIncomingCount } = this.session.stats();
    return [
      ...this.#faults,
      ...(slotsInUse > 0 ? [`${slotsInUse} slots in use after the stop`] : []),
      ...(peerCount > 0 ? [`${peerCount} peers after the stop`] : []),
      ...(pendingIncomingCount > 0 ? [`${pendingIncomingCount} pending connections after the stop`] : []),
    ];
  }
}

/** One line that says what an alert says. */
function describeAlert({ type, ...fields }: { readonly type: AlertType }): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${describeField(value)}`);
  return [type, ...parts].join(' ');
}

function describeField(value: unknown): string {
  if (value instanceof Error) return `${value.stack}${value.cause === undefined ? '' : ` (${value.cause})`}`;
  if (isEndpoint(value)) return formatEndpoint(value);
  return JSON.stringify(value) ?? String(value);
}

function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === 'object' && value !== null && 'address' in value && 'port' in value;
}
