import { bytesEqual } from '../common/bytes.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import { type Endpoint, endpoint, type HostPort } from '../common/endpoint.js';
import type { PeerFlags, PeerSource } from '../common/peer-source.js';
import type { HookHost } from '../dispatch/hook-host.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import { PeerConnection } from '../peer/peer-connection.js';
import type { PeerOwner } from '../peer/peer-owner.js';
import { PeerState } from '../peer/peer-state.js';
import type { TransferMeters } from '../peer/rate-meter.js';
import type { DisconnectOptions, PeerContext } from '../plugin/peer-context.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';
import type { Connection } from '../ports/network.js';
import type { HandshakeParser } from '../wire/handshake.js';
import { KnownPeers } from './known-peers.js';
import type { PeerRecord } from './peer-record.js';
import { publicSources } from './peer-sources.js';
import type { Dialler, TorrentEnvironment } from './torrent-environment.js';
import { worstPeers } from './worst-peers.js';

/** How young a connection may be to give way to one that the other side dialled at the same time. */
const crossDialMs = 10_000;

/** What keeping connections asks of the torrent. */
export interface TorrentPeersOwner extends PeerOwner {
  readonly isPrivate: boolean | undefined;
  readonly isClosed: boolean;
  readonly meters: TransferMeters;
  /** Whether it is there, not paused, and not stopped by an error. */
  readonly isRunning: boolean;
  /** Whether connections are wanted now. */
  readonly mayConnect: boolean;
  allowsSource(source: PeerSource): boolean;
  makePeerContext(peer: PeerConnection, scope: PluginScope, torrentScope: PluginScope): PeerContext;
}

/** The peers of one torrent: those that are known, and the connections to some of them. */
export class TorrentPeers implements Dialler {
  readonly known: KnownPeers;
  readonly #environment: TorrentEnvironment;
  readonly #owner: TorrentPeersOwner;
  readonly #plugins: HookHost<TorrentPlugin>;
  readonly #connections = new Map<number, PeerConnection>();
  readonly #records = new Map<number, PeerRecord>();
  #dialCount = 0;
  #hasRefused = false;

  constructor(environment: TorrentEnvironment, owner: TorrentPeersOwner, plugins: HookHost<TorrentPlugin>) {
    this.#environment = environment;
    this.#owner = owner;
    this.#plugins = plugins;
    const { settings } = environment;
    this.known = new KnownPeers({
      maxPeers: () => settings.maxPeersPerTorrent,
      retryDelayMs: () => settings.peerRetryDelayMs,
      maxFailures: () => settings.maxPeerFailures,
      random: environment.random,
      onErased: (records) =>
        plugins.notify(
          'onPeersErased',
          records.map((record) => ({ ...record })),
        ),
    });
  }

  get size(): number {
    return this.#connections.size;
  }

  /** All connections, oldest first. Safe to change while iterating. */
  all(): readonly PeerConnection[] {
    return [...this.#connections.values()];
  }

  byId(connectionId: number): PeerConnection | undefined {
    return this.#connections.get(connectionId);
  }

  /** Offers a candidate; see `TorrentContext.addPeer`. */
  add(endpoint: Endpoint, source: PeerSource, flags: PeerFlags = {}): boolean {
    if (endpoint.port === 0 || !this.#owner.allowsSource(source)) return false;
    if (this.#owner.isPrivate === true && publicSources.has(source)) return false;
    if (this.#environment.blocked(endpoint) !== undefined) return false;
    if (this.known.find(endpoint) !== undefined) {
      this.known.add(endpoint, source, flags);
      return false;
    }
    if (!this.#plugins.allows('onAddPeer', endpoint, source)) return false;
    if (this.known.add(endpoint, source, flags) === undefined) return false;
    this.connectMore();
    return true;
  }

  /** Offers the peers that a magnet link names (BEP 9, `x.pe`). */
  async addMagnetPeers(peers: readonly HostPort[]): Promise<void> {
    for (const { host, port } of peers) {
      const addresses = await this.#environment.resolve(host);
      if (!this.#owner.isClosed) for (const address of addresses) this.add(endpoint(address, port), 'magnet');
    }
  }

  /** Forgets the known peers that `isUnwanted` tells; connections stay. Returns how many. */
  forget(isUnwanted: (record: PeerRecord) => boolean): number {
    const unwanted = this.known.list().filter(isUnwanted);
    this.known.erase(unwanted);
    return unwanted.length;
  }

  /** The torrent has turned out to be private: what public sources told is dropped. */
  dropPublic(): void {
    this.forget(({ source }) => publicSources.has(source));
    for (const peer of this.all()) {
      if (!publicSources.has(peer.state.source)) continue;
      const message = 'the torrent is private';
      peer.close({ origin: 'policy', code: 'PEER_SOURCE_PRIVATE', message });
    }
  }

  /** Has the session dial for this torrent, where it wants more connections, in its turn. */
  connectMore(): void {
    if (this.#owner.mayConnect && this.known.size > 0) this.#environment.requestDials(this);
  }

  /** Whether it has a place for one more connection, and somebody to dial. */
  get wantsDial(): boolean {
    const { settings } = this.#environment;
    if (!this.#owner.mayConnect || this.size >= settings.maxConnectionsPerTorrent) return false;
    return this.#nextToDial() !== undefined;
  }

  /** Dials the next candidate, where there is one. */
  dialNext(): void {
    const record = this.#nextToDial();
    if (record === undefined) return;
    this.#dialCount++;
    this.#connect(record);
  }

  /** Whether its dials are not bound to the session's speed: the first ones of a torrent are not. */
  get isBoosted(): boolean {
    return this.#dialCount < this.#environment.settings.torrentConnectBoost;
  }

  #nextToDial(): PeerRecord | undefined {
    const nowMs = this.#environment.clock.now();
    for (;;) {
      const record = this.known.next(nowMs, { skipSeeds: this.#owner.isUploadOnly });
      if (record === undefined || this.#environment.blocked(record.endpoint) === undefined) return record;
      this.known.erase([record]);
    }
  }

  #connect(record: PeerRecord): void {
    const { endpoint: remote, source } = record;
    this.known.opened(record);
    const state = this.#makeState(remote, remote, source, true);
    const peer = this.#makeConnection(state);
    this.#records.set(state.connectionId, record);
    peer.startOutgoing(this.#plugins.entries);
  }

  /** Whether somebody is there to be dialled, or was refused for want of room since it was last asked. */
  takeDemand(): boolean {
    const hasRefused = this.#hasRefused;
    this.#hasRefused = false;
    return this.#owner.mayConnect && (hasRefused || this.#nextToDial() !== undefined);
  }

  /**
   * Closes connections while `isWanted`, given how many were closed so far, says so: those worth least first,
   * unless plugins object; young ones last or, where they are spared, not at all. Returns how many.
   */
  dropWorst(isWanted: (dropped: number) => boolean, reason: DisconnectReason, sparesYoung: boolean): number {
    const isSeeding = this.#owner.isUploadOnly;
    const nowMs = this.#environment.clock.now();
    const options = { count: this.size, isSeeding, nowMs, sparesYoung };
    let dropped = 0;
    for (const peer of worstPeers(this.all(), ({ state }) => state, options)) {
      if (!isWanted(dropped)) break;
      if (!peer.isClosed && peer.disconnect(reason)) dropped++;
    }
    return dropped;
  }

  /** Takes over an accepted connection, or says why not. */
  accept(connection: Connection, handshake: HandshakeParser, rest: Uint8Array): DisconnectReason | undefined {
    const refusal = this.#refuseIncoming(connection.remote);
    if (refusal) return refusal;
    const state = this.#makeState(connection.remote, undefined, 'incoming', false);
    this.#makeConnection(state, handshake).startIncoming(connection, rest, this.#plugins.entries);
    return undefined;
  }

  #refuseIncoming(remote: Endpoint): DisconnectReason | undefined {
    const blocked = this.#environment.blocked(remote);
    if (blocked) return blocked;
    if (!this.#owner.isRunning) return refusal('TORRENT_PAUSED', 'the torrent is paused or queued');
    if (!this.#owner.allowsSource('incoming')) {
      return refusal('PEER_SOURCE_DENIED', 'incoming connections are denied');
    }
    const { settings } = this.#environment;
    if (this.size >= settings.maxConnectionsPerTorrent || !this.#environment.hasRoomForPeer()) {
      this.#hasRefused = true;
      return refusal('PEER_TOO_MANY', 'too many connections');
    }
    if (!settings.allowMultipleConnectionsPerIp) {
      const isKnown = this.all().some(({ state }) => state.endpoint.address === remote.address);
      if (isKnown) return refusal('PEER_DUPLICATE', 'the address is connected already');
    }
    if (!this.#plugins.allows('onAddPeer', remote, 'incoming')) {
      return refusal('PEER_VETO', 'an extension does not want this peer');
    }
    return undefined;
  }

  #makeState(
    endpoint: Endpoint,
    listenEndpoint: Endpoint | undefined,
    source: PeerSource,
    isOutgoing: boolean,
  ): PeerState {
    return new PeerState({
      connectionId: this.#environment.nextConnectionId(),
      endpoint,
      listenEndpoint,
      source,
      isOutgoing,
      localId: this.#environment.peerId,
      nowMs: this.#environment.clock.now(),
      totals: this.#owner.meters,
    });
  }

  #makeConnection(state: PeerState, handshake?: HandshakeParser): PeerConnection {
    const peer = new PeerConnection({
      environment: this.#environment,
      owner: this.#owner,
      state,
      makeContext: (connection, scope, torrentScope) =>
        this.#owner.makePeerContext(connection, scope, torrentScope),
      ...(handshake === undefined ? {} : { handshake }),
    });
    this.#connections.set(state.connectionId, peer);
    this.#environment.peerOpened(state.connectionId, !state.isOutgoing);
    return peer;
  }

  /** Refuses ourselves and second connections to the same peer; bans of a principal. */
  admit(state: PeerState): DisconnectReason | undefined {
    const { principal } = state;
    if (bytesEqual(state.id as Uint8Array, state.localId)) {
      const record = this.#records.get(state.connectionId);
      if (record) this.known.notDialable(record);
      return refusal('PEER_SELF', 'connected to ourselves');
    }
    const banned = principal === undefined ? undefined : this.#environment.blockedPrincipal(principal);
    if (banned) return banned;
    for (const other of this.all()) {
      if (other.state === state || !other.state.isReady || !isSamePeer(other.state, state)) continue;
      const message = 'connected to this peer already';
      if (!this.#displaces(state, other.state)) return refusal('PEER_DUPLICATE', message);
      other.close(refusal('PEER_DUPLICATE', message));
    }
    this.#environment.peerAdmitted(state.connectionId);
    return undefined;
  }

  /**
   * Whether a new connection takes the place of an older one to the same peer: only where both sides dialled
   * each other at the same time, so that both come to the same choice, by the ids of who dialled.
   */
  #displaces(newer: PeerState, older: PeerState): boolean {
    if (newer.isOutgoing === older.isOutgoing) return false;
    if (newer.principal !== older.principal) return false;
    if (newer.endpoint.address !== older.endpoint.address) return false;
    if (this.#environment.clock.now() - older.connectedAtMs > crossDialMs) return false;
    const dialler = newer.isOutgoing ? newer.localId : (newer.id as Uint8Array);
    const accepter = newer.isOutgoing ? (newer.id as Uint8Array) : newer.localId;
    return compareBytes(dialler, accepter) > 0;
  }

  /** An incoming peer has told where it listens: it is known by that. */
  listenEndpointKnown(state: PeerState): void {
    const { listenEndpoint } = state;
    if (listenEndpoint === undefined || this.#records.has(state.connectionId)) return;
    if (this.known.find(listenEndpoint)?.isConnected === true) return;
    const record = this.known.add(listenEndpoint, 'incoming', {});
    if (record === undefined) return;
    this.known.opened(record);
    this.#records.set(state.connectionId, record);
  }

  /** A connection has ended. */
  closed(state: PeerState, wasReady: boolean): void {
    this.#connections.delete(state.connectionId);
    const record = this.#records.get(state.connectionId);
    this.#records.delete(state.connectionId);
    if (record) this.known.closed(record, this.#environment.clock.now(), !wasReady);
    this.#environment.peerClosed(state.connectionId);
    this.connectMore();
  }

  /** The remote has everything: while we do too there is no use in it. */
  markSeed(state: PeerState): void {
    const record = this.#records.get(state.connectionId);
    if (record) this.known.markSeed(record);
  }

  /** A plugin has disconnected a peer, and wants it to stay away. */
  penalize(
    { endpoint, listenEndpoint = endpoint, principal }: PeerState,
    reason: string,
    { ban, backoffMs }: DisconnectOptions,
    plugin: string,
  ): void {
    const record = this.known.find(listenEndpoint);
    if (record && backoffMs !== undefined) {
      this.known.backOff(record, this.#environment.clock.now() + backoffMs);
    }
    const target = principal === undefined ? { endpoint } : { principal };
    if (ban === true) this.#environment.ban(target, { reason }, plugin);
  }
}

function refusal(code: string, message: string): DisconnectReason {
  return { origin: 'policy', code, message };
}

function isSamePeer(a: PeerState, b: PeerState): boolean {
  if (a.principal !== undefined || b.principal !== undefined) return a.principal === b.principal;
  return a.id !== undefined && b.id !== undefined && bytesEqual(a.id, b.id);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
