import type { BencodeDict } from '../bencode/bencode.js';
import { bytesEqual, concatBytes } from '../common/bytes.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import { endpoint } from '../common/endpoint.js';
import { PeerloomError } from '../common/errors.js';
import type { HookEntry, HookHost } from '../dispatch/hook-host.js';
import type { FaultHandler, PluginScope } from '../dispatch/plugin-scope.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { ReceiveTransform } from '../plugin/hold.js';
import type { PeerContext } from '../plugin/peer-context.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';
import type { Connection } from '../ports/network.js';
import type { ExtensionHandshake } from '../wire/extension-handshake.js';
import { FrameParser } from '../wire/frame-parser.js';
import { encodeHandshake, HandshakeParser } from '../wire/handshake.js';
import { ReservedBits } from '../wire/reserved-bits.js';
import { ExtensionProtocol } from './extension-protocol.js';
import { HoldGate, type HoldOwner } from './hold-gate.js';
import { InboundMessages, type InboundOwner } from './inbound-messages.js';
import { KeptMessages } from './kept-messages.js';
import { MessageSender } from './message-sender.js';
import type { PeerEnvironment } from './peer-environment.js';
import type { PeerOwner } from './peer-owner.js';
import { PeerPlugins } from './peer-plugins.js';
import type { PeerState } from './peer-state.js';
import { PeerStream, type StreamOwner } from './peer-stream.js';
import { RemotePieces } from './remote-pieces.js';
import { RequestPipeline } from './request-pipeline.js';
import { SendQueue } from './send-queue.js';
import { UploadQueue } from './upload-queue.js';

/**
 * One connection to one remote, from dialling or accepting to the end: handshakes, holds, and the order in
 * which its parts come into play.
 */
export class PeerConnection
  implements FaultHandler, HoldOwner, InboundOwner, StreamOwner
{
  readonly state: PeerState;
  readonly hooks: HookHost<PeerPlugin>;
  readonly plugins: PeerPlugins;
  readonly holds: HoldGate;
  readonly sender: MessageSender;
  readonly extensions: ExtensionProtocol;
  readonly requests: RequestPipeline;
  readonly uploads: UploadQueue;
  readonly pieces: RemotePieces;
  readonly #environment: PeerEnvironment;
  readonly #owner: PeerOwner;
  readonly #inbound: InboundMessages;
  readonly stream: PeerStream;
  readonly #frames: FrameParser;
  readonly #handshake: HandshakeParser;
  #localHandshake: Uint8Array | undefined;
  #heldHandshake: { dict: BencodeDict; fields: ExtensionHandshake } | undefined;
  #isHandshakeReceived = false;
  #isStateSent = false;

  constructor(options: {
    readonly environment: PeerEnvironment;
    readonly owner: PeerOwner;
    readonly state: PeerState;
    readonly makeContext: (
      peer: PeerConnection,
      scope: PluginScope,
      torrentScope: PluginScope,
    ) => PeerContext;
    /** For an incoming connection: what was read of it so far. */
    readonly handshake?: HandshakeParser;
  }) {
    const { environment, owner, state } = options;
    this.#environment = environment;
    this.#owner = owner;
    this.state = state;
    this.plugins = new PeerPlugins({
      faults: this,
      makeContext: (scope, torrentScope) => options.makeContext(this, scope, torrentScope),
      refuse: (plugin, message) =>
        this.close({ origin: 'plugin', code: 'PEER_REQUIRED_PLUGIN', message, plugin }),
    });
    const { hooks } = this.plugins;
    this.hooks = hooks;
    this.holds = new HoldGate(this, environment.clock);
    const queue = new SendQueue(environment.sendBuffers);
    const sender = new MessageSender(state, hooks, queue, () => this.stream.scheduleFlush());
    this.sender = sender;
    this.extensions = new ExtensionProtocol(environment, state, hooks, sender, this.holds);
    this.extensions.isUploadOnly = () => owner.isUploadOnly;
    this.requests = new RequestPipeline({ environment, state, hooks, sender, owner });
    this.uploads = new UploadQueue({
      environment,
      state,
      hooks,
      sender,
      owner,
      fail: (code, message) => this.fail(code, message),
      sendBufferBytes: () => this.stream.bufferedBytes,
    });
    this.pieces = new RemotePieces(state, owner);
    this.#inbound = new InboundMessages({
      environment,
      state,
      hooks,
      holds: this.holds,
      extensions: this.extensions,
      requests: this.requests,
      uploads: this.uploads,
      pieces: this.pieces,
      kept: new KeptMessages(owner.keptBudget),
      owner: this,
    });
    const { maxWireMessageBytes, maxExtensionHandshakeBytes } = environment.settings;
    this.#frames = new FrameParser(this.#inbound, {
      maxMessageBytes: maxWireMessageBytes,
      maxBitfieldBytes: maxWireMessageBytes,
      maxExtendedBytes: (id) =>
        id === 0
          ? maxExtensionHandshakeBytes
          : (this.extensions.channelOf(id)?.definition.maxBytes ?? maxWireMessageBytes),
    });
    this.#handshake = options.handshake ?? new HandshakeParser();
    const parsers = { handshake: this.#handshake, frames: this.#frames };
    this.stream = new PeerStream({ environment, state, owner: this, queue, ...parsers });
  }

  get layout(): TorrentLayout | undefined {
    return this.#owner.layout;
  }

  get isClosed(): boolean {
    return this.state.isClosed;
  }

  /** What is bound into an authentication; see `PeerContext.transcript`. */
  get transcript(): Uint8Array | undefined {
    const local = this.#localHandshake;
    const remote = this.#isHandshakeReceived ? this.#handshake.raw : undefined;
    const { firstSent, firstReceived } = this.extensions;
    if (!local || !remote || !firstSent || !firstReceived) return undefined;
    return this.state.isOutgoing
      ? concatBytes(local, remote, firstSent, firstReceived)
      : concatBytes(remote, local, firstReceived, firstSent);
  }

  // --- life ---

  /** Asks plugins, then dials. */
  startOutgoing(plugins: readonly HookEntry<TorrentPlugin>[]): void {
    this.#attachAll(plugins);
    if (this.isClosed) return;
    this.stream.attach(this.#owner.dial(this.state));
  }

  /** Takes over an accepted connection whose handshake has been read; `rest` is what came after it. */
  startIncoming(
    connection: Connection,
    rest: Uint8Array,
    plugins: readonly HookEntry<TorrentPlugin>[],
  ): void {
    this.stream.attach(connection);
    this.#attachAll(plugins);
    if (this.isClosed) return;
    this.#sendHandshake();
    if (this.isClosed) return;
    this.stream.guarded(() => {
      this.handshakeReceived();
      if (!this.isClosed && rest.length > 0) this.stream.receive(rest);
    });
  }

  #attachAll(plugins: readonly HookEntry<TorrentPlugin>[]): void {
    this.holds.isWindowOpen = true;
    for (const entry of plugins) {
      if (this.isClosed) break;
      if (!entry.scope.isClosed) this.plugins.attach(entry);
    }
    this.holds.isWindowOpen = false;
  }

  /** A plugin that comes late to a connection that exists: what it missed is called. */
  attachLate(entry: HookEntry<TorrentPlugin>): void {
    if (this.isClosed) return;
    if (entry.scope.isRequired && this.state.phase !== 'connecting') {
      const message = 'a required extension was added';
      this.close({ origin: 'plugin', code: 'PEER_REQUIRED_PLUGIN', message, plugin: entry.scope.name });
      return;
    }
    this.plugins.attach(entry);
    if (this.isClosed || this.state.phase === 'connecting') return;
    this.plugins.connected();
    this.#catchUp();
    this.extensions.announceChanges();
  }

  #sendHandshake(): void {
    const { state } = this;
    this.state.phase = 'handshaking';
    this.#environment.alerts.post('peerConnected', {
      infoHash: this.#owner.infoHash,
      endpoint: state.endpoint,
      isOutgoing: state.isOutgoing,
      transport: state.transport,
    });
    this.plugins.connected();
    if (this.isClosed) return;
    const bits = new ReservedBits();
    bits.extensionProtocol = true;
    bits.fast = true;
    this.holds.isWindowOpen = true;
    this.hooks.notify('reservedBits', bits);
    this.holds.isWindowOpen = false;
    if (this.isClosed) return;
    const reserved = bits.toBytes();
    state.localReserved = new ReservedBits(reserved);
    this.#localHandshake = encodeHandshake({
      reserved,
      infoHash: this.#owner.infoHash.toBytes(),
      peerId: state.localId,
    });
    this.sender.bytes(this.#localHandshake);
  }

  /** Whether our handshake has been built: from then on its contents are fixed. */
  get isHandshakeSent(): boolean {
    return this.#localHandshake !== undefined;
  }

  handshakeReceived(): void {
    const { state } = this;
    const infoHash = this.#handshake.infoHash as Uint8Array;
    if (!bytesEqual(infoHash, this.#owner.infoHash.toBytes())) {
      this.fail('PEER_INFO_HASH', 'the remote answers for another torrent');
      return;
    }
    const reserved = this.#handshake.reserved as ReservedBits;
    const local = state.localReserved as ReservedBits;
    this.#isHandshakeReceived = true;
    state.id = (this.#handshake.peerId as Uint8Array).slice();
    state.reserved = reserved;
    state.supportsFast = local.fast && reserved.fast;
    state.supportsExtensions = local.extensionProtocol && reserved.extensionProtocol;
    this.hooks.gate = (entry) => !this.holds.isHeld || this.holds.isHolder(entry.scope);
    this.#catchUp();
    if (this.isClosed) return;
    if (this.holds.isHeld) this.#hold();
    else this.#open();
  }

  #hold(): void {
    this.state.phase = 'held';
    if (this.state.supportsExtensions && this.extensions.firstSent === undefined) {
      this.extensions.sendHeldHandshake();
    }
  }

  /** Calls the handshake hooks of the plugins that may be called and have not been. */
  #catchUp(): void {
    if (!this.#isHandshakeReceived) return;
    this.holds.isWindowOpen = !this.state.isReady;
    this.plugins.handshake(this.state.reserved as ReservedBits);
    this.holds.isWindowOpen = false;
    if (this.isClosed) return;
    if (!this.state.supportsExtensions) this.plugins.extensionHandshake(undefined, true);
    else if (this.#lastHandshake && this.state.isReady) {
      this.plugins.extensionHandshake(this.#lastHandshake, true);
    }
  }

  #lastHandshake: BencodeDict | undefined;

  holdReleased(): void {
    if (this.isClosed || this.state.phase !== 'held') return;
    this.stream.guarded(() => this.#open());
  }

  /** No hold is open: sends everything, and deals with what was kept. */
  #open(): void {
    const { state } = this;
    const refusal = this.#owner.admit(state);
    if (refusal !== undefined) {
      this.close(refusal);
      return;
    }
    this.#catchUp();
    if (this.isClosed) return;
    if (this.holds.isHeld) {
      this.#hold();
      return;
    }
    this.hooks.gate = undefined;
    state.phase = 'ready';
    if (state.supportsExtensions) this.extensions.sendFullHandshake();
    if (this.isClosed) return;
    this.#environment.alerts.post('peerReady', {
      infoHash: this.#owner.infoHash,
      endpoint: state.endpoint,
      peerId: Buffer.from(state.id as Uint8Array).toString('hex'),
      client: state.client,
    });
    this.sendState();
    const held = this.#heldHandshake;
    this.#heldHandshake = undefined;
    if (held) this.#applyHandshake(held.dict, held.fields, true);
    if (this.isClosed) return;
    this.#startPieces();
    this.#inbound.replayKept();
  }

  /** Says what we have, once that is known. */
  sendState(): void {
    const pieces = this.#owner.announcedPieces;
    if (this.#isStateSent || pieces === undefined || !this.state.isReady) return;
    this.#isStateSent = true;
    if (this.state.supportsFast && pieces.isFull && pieces.length > 0) this.sender.haveAll();
    else if (this.state.supportsFast && pieces.isEmpty) this.sender.haveNone();
    else if (!pieces.isEmpty) this.sender.bitfield(pieces.clone());
  }

  /** We have the piece now: says so where our state has been said before. */
  announceHave(piece: number): void {
    if (this.#isStateSent && !this.isClosed) this.sender.have(piece);
  }

  /** We have lost the piece (BEP 54). */
  announceDontHave(piece: number): void {
    const id = this.extensions.remoteId('lt_donthave');
    if (this.#isStateSent && !this.isClosed && id !== 0) this.sender.dontHave(id, piece);
  }

  #startPieces(): void {
    if (this.layout && this.state.pieces === undefined) this.pieces.startEmpty(this.layout.pieceCount);
  }

  /** The layout is known now. */
  metadataKnown(): void {
    if (!this.state.isReady) return;
    this.#startPieces();
    this.sendState();
    this.stream.guarded(() => this.#inbound.replayKept());
  }

  // --- extension handshakes ---

  extensionHandshake(payload: Uint8Array): void {
    const { dict, fields } = this.extensions.receiveHandshake(payload);
    if (!this.holds.isHeld) {
      this.#applyHandshake(dict, fields, false);
      return;
    }
    if (this.#heldHandshake !== undefined) {
      this.fail('PEER_MESSAGE_WHILE_HELD', 'a second extension handshake before the release');
      return;
    }
    this.#heldHandshake = { dict, fields };
    this.extensions.applyIds(fields.messageIds);
    this.plugins.extensionHandshake(dict, false);
  }

  #applyHandshake(dict: BencodeDict, fields: ExtensionHandshake, missedOnly: boolean): void {
    const { state } = this;
    this.#lastHandshake = dict;
    this.extensions.applyIds(fields.messageIds);
    if (fields.clientName !== undefined) state.client = fields.clientName;
    if (fields.requestQueue !== undefined) state.requestQueue = fields.requestQueue;
    if (fields.uploadOnly !== undefined) state.isUploadOnly = fields.uploadOnly;
    if (fields.listenPort !== undefined && !state.isOutgoing) {
      state.listenEndpoint = endpoint(state.endpoint.address, fields.listenPort);
      this.#owner.listenEndpointKnown(state);
    }
    this.plugins.extensionHandshake(dict, missedOnly);
  }

  // --- stream ---

  streamConnected(): void {
    this.#owner.dialSettled(this.state);
    this.#sendHandshake();
  }

  streamDrained(): void {
    this.uploads.pump();
  }

  stall(): void {
    this.stream.stall();
  }

  upgradeReceive(scope: PluginScope, decrypt: ReceiveTransform): void {
    this.stream.upgradeReceive(scope, decrypt);
    this.#heldHandshake = undefined;
    this.#inbound.dropKept();
  }

  requestMore(): void {
    this.requests.pump();
  }

  interestChanged(): void {
    this.#owner.interestChanged(this.state);
  }

  /** Chokes the remote; what it has asked for is refused. */
  choke(): void {
    if (this.state.isChoked) return;
    this.sender.choke();
    this.state.isOptimistic = false;
    this.uploads.onChoked();
  }

  unchoke(): void {
    if (!this.state.isChoked) return;
    this.state.unchokedAtMs = this.#environment.clock.now();
    this.state.uploadedAtUnchokeBytes = this.state.uploaded.total;
    this.sender.unchoke();
  }

  /** Marks a block as asked for from this peer; false where it is not wanted. */
  markRequested(piece: number, block: number): boolean {
    return this.#owner.picker?.mark(this.state.connectionId, piece, block) === true;
  }

  // --- time ---

  /** About once a second. */
  tick(nowMs: number, elapsedMs: number): void {
    const { state } = this;
    state.meters.tick(elapsedMs);
    const { settings } = this.#environment;
    if (state.phase === 'handshaking') {
      if (nowMs - state.lastReceivedAtMs < settings.handshakeTimeoutMs) return;
      const message = 'no handshake in time';
      this.close({ origin: 'policy', code: 'PEER_HANDSHAKE_TIMEOUT', message });
      return;
    }
    if (state.phase === 'connecting') return;
    if (nowMs - state.lastReceivedAtMs >= settings.inactivityTimeoutMs) {
      this.disconnect({ origin: 'policy', code: 'PEER_INACTIVE', message: 'nothing heard for too long' });
    }
    if (this.isClosed) return;
    if (nowMs - state.lastSentAtMs >= settings.keepAliveIntervalMs) this.sender.keepAlive();
    this.hooks.notify('tick');
    if (this.isClosed || !state.isReady) return;
    if (this.requests.tick(nowMs)) {
      const { endpoint: address } = state;
      this.#environment.alerts.post('peerSnubbed', {
        infoHash: this.#owner.infoHash,
        endpoint: address,
      });
    }
    this.uploads.tick(nowMs);
    this.requests.pump();
  }

  // --- the end ---

  fail(code: string, message: string): void {
    if (this.isClosed) return;
    this.#environment.alerts.post('peerError', {
      infoHash: this.#owner.infoHash,
      endpoint: this.state.endpoint,
      code,
      message,
    });
    this.close({ origin: 'protocol', code, message });
  }

  pluginFault(scope: PluginScope, hook: string, error: unknown): void {
    const { endpoint: address } = this.state;
    this.#environment.alerts.post('pluginFault', {
      plugin: scope.name,
      scope: 'peer',
      hook,
      error,
      infoHash: this.#owner.infoHash,
      endpoint: address,
      action: 'peerClosed',
    });
    const message = `extension '${scope.name}' failed in ${hook}`;
    this.close({ origin: 'fault', code: 'PLUGIN_FAULT', message, plugin: scope.name });
    if (scope.isRequired) this.#owner.requiredPeerFault(scope);
  }

  pluginWarning({ name }: PluginScope, message: string): void {
    this.#environment.alerts.post('pluginWarning', { plugin: name, message });
  }

  holdFailed(scope: PluginScope, code: string, message: string): void {
    this.close({ origin: 'plugin', code, message, plugin: scope.name });
  }

  /** Closes by policy, unless a plugin objects. True where it is closed. */
  disconnect(reason: DisconnectReason): boolean {
    if (this.isClosed) return true;
    if (!this.hooks.allows('canDisconnect', reason)) return this.isClosed;
    this.close(reason);
    return true;
  }

  /** Closes. What is queued is still sent where we end it on good terms. */
  close(reason: DisconnectReason): void {
    if (this.isClosed) return;
    const { phase } = this.state;
    const isPolite = phase !== 'connecting' && (reason.origin === 'policy' || reason.origin === 'plugin');
    if (isPolite) this.stream.flushBeforeClose();
    if (this.isClosed) return;
    this.state.phase = 'closed';
    this.#frames.stop();
    this.#frames.detachTarget();
    this.hooks.gate = undefined;
    this.hooks.notify('onDisconnect', reason);
    this.requests.close();
    this.uploads.close();
    this.pieces.close();
    this.#inbound.dropKept();
    this.holds.clear();
    this.extensions.close();
    this.plugins.close();
    this.stream.close(isPolite);
    if (phase === 'connecting') this.#owner.dialSettled(this.state);
    this.#owner.peerClosed(this.state, reason, phase === 'ready');
  }

  internalError(error: unknown): void {
    const wrapped = new PeerloomError('PEER_INTERNAL', 'a connection failed inside the engine', {
      cause: error,
    });
    this.#environment.alerts.post('sessionError', { error: wrapped });
    this.close({ origin: 'fault', code: wrapped.code, message: String(error) });
  }
}
