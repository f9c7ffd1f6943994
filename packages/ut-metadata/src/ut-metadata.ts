import {
  asInteger,
  type BencodeDict,
  type Counter,
  defineTorrentExtension,
  type HandshakeBuilder,
  type MessageChannel,
  type PeerContext,
  type PeerPlugin,
  pluginApiVersion,
  type TorrentContext,
  type TorrentPlugin,
  type TorrentPluginFactory,
} from '@peerloom/core/plugin';
import { MetadataFetch } from './metadata-fetch.js';
import { type MetadataMessage, metadataMessage } from './metadata-message.js';
import { MetadataServer } from './metadata-server.js';
import { type MetadataFault, MetadataSource } from './metadata-source.js';
import { ServingBudget } from './serving-budget.js';

const identity = { name: 'ut_metadata', apiVersion: pluginApiVersion };
/** Key of the extension handshake (BEP 9). */
const sizeKey = 'metadata_size';
/** Faults of what a peer says; silence, which may have other causes, is not among them. */
const maxFaultsPerPeer = 8;
const faultyBackOffMs = 600_000;

/**
 * An extension that gets a torrent's metadata from peers, where only the infohash is known, and gives it to peers
 * that ask (BEP 9).
 */
export function utMetadata(): TorrentPluginFactory {
  return defineTorrentExtension(identity, (torrent) => new MetadataTorrent(torrent));
}

/** Metadata exchange of one torrent. */
class MetadataTorrent implements TorrentPlugin {
  readonly #torrent: TorrentContext;
  readonly #peers = new Set<MetadataPeer>();
  readonly #budget: ServingBudget;
  readonly #faults: Counter;
  readonly #hashFailures: Counter;
  /** Once a peer might be asked. */
  #fetch: MetadataFetch | undefined;
  /** All of it was here: it is the torrent's or soon will be, or is no use. */
  #isFound = false;

  constructor(torrent: TorrentContext) {
    this.#torrent = torrent;
    this.#budget = new ServingBudget(torrent.clock);
    this.#faults = torrent.session.counter('faults');
    this.#hashFailures = torrent.session.counter('hashFailures');
  }

  /** While the metadata is not known and can be had. A torrent that was added with it gets it after its plugins. */
  #fetching(): MetadataFetch | undefined {
    if (this.#torrent.info !== undefined || this.#isFound) return undefined;
    this.#fetch ??= this.#startFetch();
    return this.#fetch;
  }

  #startFetch(): MetadataFetch {
    return new MetadataFetch({
      infoHash: this.#torrent.infoHash.toBytes(),
      maxBytes: this.#torrent.session.settings.maxMetadataBytes,
      clock: this.#torrent.clock,
      found: (bytes) => this.#found(bytes),
      mixtureFailed: (senderCount) => {
        this.#hashFailures.add();
        this.#post('hashFailed', { senderCount });
      },
      faulted: (source, fault) => {
        this.#faults.add();
        if (fault === 'hash') this.#hashFailures.add();
        for (const peer of this.#peers) if (peer.source === source) peer.faulted(fault);
      },
    });
  }

  newConnection(peer: PeerContext): PeerPlugin {
    const metadataPeer: MetadataPeer = new MetadataPeer(peer, {
      fetch: () => this.#fetching(),
      budget: this.#budget,
      gone: () => this.#peers.delete(metadataPeer),
    });
    this.#peers.add(metadataPeer);
    return metadataPeer;
  }

  tick(): void {
    this.#fetch?.tick();
    for (const peer of [...this.#peers]) peer.drain();
  }

  onMetadata(): void {
    this.#fetch?.end();
    this.#fetch = undefined;
    for (const peer of [...this.#peers]) peer.metadataKnown();
  }

  #found(bytes: Uint8Array): void {
    this.#fetch = undefined;
    this.#isFound = true;
    // The core says why where what hashes right is no torrent; other peers have nothing else.
    if (!this.#torrent.setMetadata(bytes)) this.#post('unusable', { lengthBytes: bytes.length });
  }

  #post(event: string, data: Readonly<Record<string, unknown>>): void {
    if (this.#torrent.isClosed) return;
    this.#torrent.session.postAlert(event, data, { infoHash: this.#torrent.infoHash });
  }
}

/** Metadata exchange with one peer. */
class MetadataPeer implements PeerPlugin {
  /** The peer as one to get metadata from. */
  readonly source: MetadataSource;
  readonly #peer: PeerContext;
  readonly #channel: MessageChannel<MetadataMessage>;
  readonly #server: MetadataServer;
  readonly #fetch: () => MetadataFetch | undefined;
  readonly #gone: () => void;
  #faultCount = 0;

  constructor(
    peer: PeerContext,
    owner: {
      readonly fetch: () => MetadataFetch | undefined;
      readonly budget: ServingBudget;
      readonly gone: () => void;
    },
  ) {
    this.#peer = peer;
    this.#fetch = owner.fetch;
    this.#gone = owner.gone;
    this.#channel = peer.register(metadataMessage, (message) => this.#receive(message));
    this.#server = new MetadataServer(peer, this.#channel, owner.budget);
    this.source = new MetadataSource(
      (block) => !peer.isClosed && this.#channel.send({ type: 'request', block }),
      peer.endpoint.address,
    );
  }

  addHandshake(dict: HandshakeBuilder): void {
    const { info } = this.#peer.torrent;
    if (info !== undefined) dict.set(sizeKey, info.raw.length);
  }

  onExtensionHandshake(dict: BencodeDict | undefined): void {
    const fetch = this.#fetch();
    if (fetch === undefined) return;
    if (!this.#channel.supported) {
      fetch.remove(this.source);
      return;
    }
    const sizeBytes = asInteger(dict?.[sizeKey]);
    if (sizeBytes !== undefined) fetch.claim(this.source, sizeBytes);
    fetch.add(this.source);
  }

  onDisconnect(): void {
    this.#gone();
    this.#fetch()?.remove(this.source);
  }

  #receive(message: MetadataMessage): void {
    if (message.type === 'request') this.#server.onRequest(message.block);
    else if (message.type === 'data') this.#fetch()?.data(this.source, message);
    else if (message.type === 'reject') this.#fetch()?.reject(this.source, message.block);
  }

  /** Sends answers that had to wait. */
  drain(): void {
    if (!this.#peer.isClosed) this.#server.drain();
  }

  /** The metadata has become known: peers that come to us for it have to learn that. */
  metadataKnown(): void {
    if (!this.#peer.isClosed) this.#peer.updateHandshake();
  }

  /** The peer did what it should not. */
  faulted(fault: MetadataFault): void {
    if (this.#peer.isClosed) return;
    const { endpoint, torrent } = this.#peer;
    torrent.session.postAlert('fault', { fault }, { infoHash: torrent.infoHash, endpoint });
    if (fault === 'silent') return;
    this.#faultCount++;
    if (fault === 'hash') this.#disconnect('it sends wrong metadata');
    else if (this.#faultCount >= maxFaultsPerPeer) this.#disconnect('it sends metadata that makes no sense');
  }

  #disconnect(reason: string): void {
    this.#peer.disconnect(reason, { backoffMs: faultyBackOffMs });
  }
}
