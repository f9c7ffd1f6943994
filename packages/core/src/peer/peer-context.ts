import { rateLimitsOf } from '../bandwidth/torrent-bandwidth.js';
import { copyBytes } from '../common/bytes.js';
import type { Endpoint } from '../common/endpoint.js';
import { ContextClosedError, PluginError } from '../common/errors.js';
import type { PeerSource } from '../common/peer-source.js';
import { OwnedClock } from '../dispatch/owned-clock.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { HoldOptions, PeerDeadline, PeerHold, ReceiveTransform, SendTransform } from '../plugin/hold.js';
import type { MessageChannel, MessageDefinition } from '../plugin/message.js';
import type { DisconnectOptions, PeerContext, PeerStats } from '../plugin/peer-context.js';
import type { PluginKey } from '../plugin/plugin-key.js';
import type { RateLimits } from '../plugin/rate-limits.js';
import type { StandardMessage } from '../plugin/standard-message.js';
import type { TorrentContext } from '../plugin/torrent-context.js';
import type { Clock } from '../ports/clock.js';
import type { ReadonlyReservedBits } from '../wire/reserved-bits.js';
import { OwnedRateLimits } from './owned-rate-limits.js';
import type { PeerConnection } from './peer-connection.js';
import { peerStats } from './peer-stats.js';
import { sendStandardMessage } from './plugin-send.js';

/** What a facade needs beside its connection. */
export interface PeerContextOptions {
  readonly torrent: TorrentContext;
  readonly clock: Clock;
  /** Applies the options of a disconnect: ban, back-off. */
  readonly penalize: (peer: PeerConnection, reason: string, options: DisconnectOptions) => void;
}

/** One plugin's facade of one connection. */
export class PeerContextFacade implements PeerContext {
  readonly #peer: PeerConnection;
  readonly #scope: PluginScope;
  readonly #options: PeerContextOptions;
  #limits: OwnedRateLimits | undefined;
  readonly clock: Clock;

  constructor(peer: PeerConnection, scope: PluginScope, options: PeerContextOptions) {
    this.#peer = peer;
    this.#scope = scope;
    this.#options = options;
    this.clock = new OwnedClock(options.clock, scope);
  }

  /** The connection behind a facade, for the engine; `undefined` for any other object. */
  static peerOf(context: PeerContext): PeerConnection | undefined {
    return context instanceof PeerContextFacade ? context.#peer : undefined;
  }

  get torrent(): TorrentContext {
    return this.#options.torrent;
  }

  get endpoint(): Endpoint {
    return this.#peer.state.endpoint;
  }

  get listenEndpoint(): Endpoint | undefined {
    return this.#peer.state.listenEndpoint;
  }

  get id(): Uint8Array | undefined {
    return this.#peer.state.id?.slice();
  }

  get client(): string | undefined {
    return this.#peer.state.client;
  }

  get connectionId(): number {
    return this.#peer.state.connectionId;
  }

  get source(): PeerSource {
    return this.#peer.state.source;
  }

  get isOutgoing(): boolean {
    return this.#peer.state.isOutgoing;
  }

  get transport(): string {
    return this.#peer.state.transport;
  }

  get isEncrypted(): boolean {
    return this.#peer.stream.isEncrypted;
  }

  get isSeed(): boolean {
    return this.#peer.state.isSeed;
  }

  get isUploadOnly(): boolean {
    return this.#peer.state.isUploadOnly;
  }

  get isReady(): boolean {
    return this.#peer.state.isReady;
  }

  get isClosed(): boolean {
    return this.#peer.isClosed || this.#scope.isClosed;
  }

  get isChoked(): boolean {
    return this.#peer.state.isChoked;
  }

  get isInterested(): boolean {
    return this.#peer.state.isInterested;
  }

  get isChokingUs(): boolean {
    return this.#peer.state.isChokingUs;
  }

  get weAreInterested(): boolean {
    return this.#peer.state.weAreInterested;
  }

  has(piece: number): boolean {
    return this.#peer.state.pieces?.has(piece) ?? false;
  }

  get pieceCount(): number {
    return this.#peer.state.pieces?.count ?? 0;
  }

  get supportsExtensions(): boolean | undefined {
    return this.#peer.state.supportsExtensions;
  }

  get reserved(): ReadonlyReservedBits | undefined {
    return this.#peer.state.reserved;
  }

  get localReserved(): ReadonlyReservedBits | undefined {
    return this.#peer.state.localReserved;
  }

  get stats(): PeerStats {
    return peerStats(this.#peer);
  }

  get sendBufferBytes(): number {
    return this.#peer.stream.bufferedBytes;
  }

  send(message: StandardMessage): void {
    this.#checkMaySend('send');
    sendStandardMessage(this.#peer, message);
  }

  sendRaw(id: number, payload: Uint8Array): void {
    this.#checkMaySend('sendRaw');
    if (!Number.isInteger(id) || id < 0 || id > 255) {
      throw new PluginError('PLUGIN_MESSAGE_INVALID', `not a message id (0 to 255): ${id}`);
    }
    this.#peer.sender.raw(id, copyBytes(payload));
  }

  register<T>(message: MessageDefinition<T>, handler: (value: T) => void): MessageChannel<T> {
    this.#checkOpen('register');
    return this.#peer.extensions.register(this.#scope, message, handler);
  }

  updateHandshake(): void {
    this.#checkOpen('updateHandshake');
    this.#peer.extensions.announceChanges();
  }

  choke(): void {
    this.send({ type: 'choke' });
  }

  unchoke(): void {
    this.send({ type: 'unchoke' });
  }

  get rateLimits(): RateLimits {
    return rateLimitsOf(this.#peer.bandwidth);
  }

  setRateLimits(limits: Partial<RateLimits>): void {
    this.#checkOpen('setRateLimits');
    this.#limits ??= new OwnedRateLimits(this.#peer.bandwidth, this.#scope);
    this.#limits.set(limits);
  }

  disconnect(reason: string, options: DisconnectOptions = {}): void {
    this.#checkOpen('disconnect');
    const { name } = this.#scope;
    const peer = this.#peer;
    peer.close({ origin: 'plugin', code: 'PEER_PLUGIN', message: reason, plugin: name });
    this.#options.penalize(peer, reason, options);
  }

  hold(options: HoldOptions): PeerHold {
    this.#checkOpen('hold');
    return this.#peer.holds.hold(this.#scope, options);
  }

  deadline(ms: number, reason: string): PeerDeadline {
    this.#checkOpen('deadline');
    const timer = this.clock.setTimeout(() => {
      const { name } = this.#scope;
      this.#peer.close({ origin: 'plugin', code: 'PEER_DEADLINE', message: reason, plugin: name });
    }, ms);
    return { cancel: () => this.clock.clear(timer) };
  }

  get transcript(): Uint8Array | undefined {
    return this.#peer.opening.transcript;
  }

  freezeSend(): void {
    this.#checkOpen('freezeSend');
    this.#peer.stream.freezeSend(this.#scope);
  }

  upgradeSend(encrypt: SendTransform): void {
    this.#checkOpen('upgradeSend');
    this.#peer.stream.upgradeSend(this.#scope, encrypt);
  }

  upgradeReceive(decrypt: ReceiveTransform): void {
    this.#checkOpen('upgradeReceive');
    this.#peer.upgradeReceive(this.#scope, decrypt);
  }

  get principal(): string | undefined {
    return this.#peer.state.principal;
  }

  setPrincipal(principal: string): void {
    this.#checkOpen('setPrincipal');
    if (this.#peer.state.principal !== undefined) {
      throw new PluginError('PLUGIN_PRINCIPAL', 'who this peer is has been said already');
    }
    this.#peer.state.principal = principal;
  }

  setLocalId(id: Uint8Array): void {
    this.#checkOpen('setLocalId');
    if (this.#peer.opening.isHandshakeSent) {
      throw new PluginError('PLUGIN_MESSAGE_STATE', 'our handshake has been sent');
    }
    if (id.length !== 20) {
      throw new PluginError('PLUGIN_MESSAGE_INVALID', `a peer id is 20 bytes, not ${id.length}`);
    }
    this.#peer.state.localId = copyBytes(id);
  }

  plugin<T>(key: PluginKey<T>): T | undefined {
    return this.#peer.hooks.find(key.name)?.plugin as T | undefined;
  }

  #checkOpen(what: string): void {
    if (this.isClosed) throw new ContextClosedError(`peer.${what}`);
  }

  #checkMaySend(what: string): void {
    this.#checkOpen(what);
    if (this.#peer.holds.isHeld) {
      throw new PluginError('PLUGIN_HELD', `peer.${what}: a hold is open on this connection`);
    }
    if (!this.#peer.state.isReady) {
      throw new PluginError('PLUGIN_MESSAGE_STATE', `peer.${what}: the handshakes are not done`);
    }
  }
}
