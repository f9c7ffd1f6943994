import {
  type Counter,
  defineTorrentExtension,
  type PeerContext,
  type PeerPlugin,
  pluginApiVersion,
  type TorrentContext,
  type TorrentPlugin,
  type TorrentPluginFactory,
} from '@peerloom/core/plugin';
import type { PexContact } from './compact-contacts.js';
import { type ContactList, PexPeer, type PexPeerOwner } from './pex-peer.js';

const identity = { name: 'ut_pex', apiVersion: pluginApiVersion };

/**
 * An extension that learns of peers from peers, and tells them whom it is connected to (BEP 11). Private torrents
 * (BEP 27) are left alone, and those where another extension denies the source `pex`.
 *
 * Counts peers that it `learned`, contacts that it `refused`, messages that were `malformed`, and `floods`. Posts
 * alerts of type `plugin`, each of a peer: `learned`, with the `count` of those nobody had told of, `malformed`,
 * with the `problem`, and `flood`.
 */
export function utPex(): TorrentPluginFactory {
  return defineTorrentExtension(identity, (torrent) => new PexTorrent(torrent));
}

/** Peer exchange of one torrent. */
class PexTorrent implements TorrentPlugin, PexPeerOwner {
  readonly #torrent: TorrentContext;
  readonly #peers = new Set<PexPeer>();
  readonly #learned: Counter;
  readonly #refused: Counter;
  readonly #malformed: Counter;
  readonly #floods: Counter;
  #contacts: ContactList = { revision: 0, byKey: new Map() };

  constructor(torrent: TorrentContext) {
    this.#torrent = torrent;
    const { session } = torrent;
    this.#learned = session.counter('learned');
    this.#refused = session.counter('refused');
    this.#malformed = session.counter('malformed');
    this.#floods = session.counter('floods');
  }

  get isOn(): boolean {
    return this.#torrent.isPrivate !== true && this.#torrent.policy.allows('pex');
  }

  newConnection(peer: PeerContext): PeerPlugin | undefined {
    if (this.#torrent.isPrivate === true) return undefined;
    const pexPeer = new PexPeer(peer, this);
    this.#peers.add(pexPeer);
    return pexPeer;
  }

  /** The torrent may be a private one, which the core then makes forget whom it has learned of meanwhile. */
  onMetadata(): void {
    this.#follow();
    if (this.#torrent.isPrivate === true) this.#peers.clear();
  }

  tick(): void {
    this.#follow();
    if (!this.isOn) return;
    const nowMs = this.#torrent.clock.now();
    const due = [...this.#peers].filter((peer) => peer.isDue(nowMs));
    if (due.length === 0) return;
    this.#lookAround();
    for (const peer of due) peer.tell(this.#contacts, nowMs);
  }

  /** Other extensions may deny the source at any time. */
  #follow(): void {
    for (const peer of [...this.#peers]) peer.follow();
  }

  #lookAround(): void {
    const byKey = new Map<string, PexPeer>();
    for (const peer of this.#peers) {
      const { key } = peer;
      if (key !== undefined) byKey.set(key, peer);
    }
    const before = this.#contacts.byKey;
    const isSame = byKey.size === before.size && [...byKey].every(([key, peer]) => before.get(key) === peer);
    if (!isSame) this.#contacts = { revision: this.#contacts.revision + 1, byKey };
  }

  learned(contacts: readonly PexContact[], refusedCount: number, peer: PeerContext): void {
    this.#refused.add(refusedCount);
    let count = 0;
    for (const { endpoint, flags } of contacts) {
      if (this.#torrent.isClosed) return;
      if (this.#torrent.addPeer(endpoint, 'pex', flags)) count++;
    }
    if (count === 0) return;
    this.#learned.add(count);
    this.#post('learned', peer, { count });
  }

  malformed(problem: string, peer: PeerContext): void {
    this.#malformed.add();
    this.#post('malformed', peer, { problem });
  }

  flooded(peer: PeerContext): void {
    this.#floods.add();
    this.#post('flood', peer);
  }

  gone(peer: PexPeer): void {
    this.#peers.delete(peer);
  }

  #post(event: string, { endpoint }: PeerContext, data: Readonly<Record<string, unknown>> = {}): void {
    this.#torrent.session.postAlert(event, data, { infoHash: this.#torrent.infoHash, endpoint });
  }
}
