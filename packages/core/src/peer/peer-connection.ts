import type { LimitedBothWays } from '../bandwidth/torrent-bandwidth.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import { PeerloomError } from '../common/errors.js';
import type { HookEntry, HookHost } from '../dispatch/hook-host.js';
import type { FaultHandler, PluginScope } from '../dispatch/plugin-scope.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { ReceiveTransform } from '../plugin/hold.js';
import type { PeerContext } from '../plugin/peer-context.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import type { TorrentPlugin } from '../plugin/torrent-plugin.js';
import type { Connection } from '../ports/network.js';
import { FrameParser } from '../wire/frame-parser.js';
import { HandshakeParser } from '../wire/handshake.js';
import { ExtensionProtocol } from './extension-protocol.js';
import { FastGrants } from './fast-grants.js';
import { HoldGate, type HoldOwner } from './hold-gate.js';
import { InboundMessages, type InboundOwner } from './inbound-messages.js';
import { KeptMessages } from './kept-messages.js';
import { MessageSender } from './message-sender.js';
import type { PeerEnvironment } from './peer-environment.js';
import { type OpeningOwner, PeerOpening } from './peer-opening.js';
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
export class PeerConnection implements FaultHandler, HoldOwner, InboundOwner, OpeningOwner, StreamOwner {
  readonly state: PeerState;
  readonly hooks: HookHost<PeerPlugin>;
  readonly plugins: PeerPlugins;
  readonly holds: HoldGate;
  readonly sender: MessageSender;
  readonly extensions: ExtensionProtocol;
  readonly requests: RequestPipeline;
  readonly grants: FastGrants;
  readonly uploads: UploadQueue;
  readonly pieces: RemotePieces;
  readonly #environment: PeerEnvironment;
  readonly #owner: PeerOwner;
  readonly #inbound: InboundMessages;
  readonly stream: PeerStream;
  readonly opening: PeerOpening;
  readonly #frames: FrameParser;

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
    const queue = new SendQueue(environment.sendBuffers, () => this.uploads.pump());
    const sender = new MessageSender(state, hooks, queue, () => this.stream.scheduleFlush());
    this.sender = sender;
    this.extensions = new ExtensionProtocol(environment, state, hooks, sender, this.holds);
    this.extensions.isUploadOnly = () => owner.isUploadOnly;
    this.requests = new RequestPipeline({ environment, state, hooks, sender, owner });
    this.grants = new FastGrants({ environment, state, hooks, sender, owner });
    this.uploads = new UploadQueue({
      environment,
      state,
      hooks,
      sender,
      owner,
      grants: this.grants,
      upload: owner.bandwidth.upload,
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
    const { settings } = environment;
    this.#frames = new FrameParser(this.#inbound, {
      get maxMessageBytes() {
        return settings.maxWireMessageBytes;
      },
      maxBitfieldBytes: settings.maxWireMessageBytes,
      maxExtendedBytes: (id) =>
        id === 0
          ? settings.maxExtensionHandshakeBytes
          : (this.extensions.channelOf(id)?.definition.maxBytes ?? settings.maxWireMessageBytes),
    });
    const handshake = options.handshake ?? new HandshakeParser();
    const parsers = { handshake, frames: this.#frames };
    const { download } = owner.bandwidth;
    this.stream = new PeerStream({ environment, state, owner: this, queue, download, ...parsers });
    this.opening = new PeerOpening({
      environment,
      torrent: owner,
      state,
      plugins: this.plugins,
      holds: this.holds,
      sender,
      extensions: this.extensions,
      pieces: this.pieces,
      inbound: this.#inbound,
      handshake,
      owner: this,
    });
  }

  get layout(): TorrentLayout | undefined {
    return this.#owner.layout;
  }

  get bandwidth(): LimitedBothWays {
    return { download: this.stream.share, upload: this.uploads.share };
  }

  get isClosed(): boolean {
    return this.state.isClosed;
  }

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
    this.opening.sendHandshake();
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
      if (!entry.scope.hasLeft) this.plugins.attach(entry);
    }
    this.holds.isWindowOpen = false;
  }

  /** A plugin that comes late to a connection that exists: what it missed is called. */
  attachLate(entry: HookEntry<TorrentPlugin>): void {
    if (this.isClosed || entry.scope.hasLeft) return;
    if (entry.scope.isRequired && this.state.phase !== 'connecting') {
      const message = 'a required extension was added';
      this.close({ origin: 'plugin', code: 'PEER_REQUIRED_PLUGIN', message, plugin: entry.scope.name });
      return;
    }
    // It may be a hook of another plugin that adds this one.
    const wasWindowOpen = this.holds.isWindowOpen;
    this.holds.isWindowOpen = this.state.phase === 'connecting';
    this.plugins.attach(entry);
    this.holds.isWindowOpen = wasWindowOpen;
    if (this.isClosed || this.state.phase === 'connecting') return;
    this.opening.catchUp();
    this.extensions.announceChanges();
  }

  holdReleased(): void {
    if (this.isClosed || this.state.phase !== 'held') return;
    this.stream.guarded(() => this.opening.open());
  }

  handshakeReceived(): void {
    this.opening.handshakeReceived();
  }

  extensionHandshake(payload: Uint8Array): void {
    this.opening.extensionHandshake(payload);
  }

  /** The layout is known now. */
  metadataKnown(): void {
    this.stream.guarded(() => this.opening.metadataKnown());
  }

  streamConnected(): void {
    this.#owner.dialSettled(this.state);
    this.opening.sendHandshake();
  }

  stall(): void {
    this.stream.stall();
  }

  upgradeReceive(scope: PluginScope, decrypt: ReceiveTransform): void {
    this.stream.upgradeReceive(scope, decrypt);
    this.opening.dropLearned();
  }

  requestMore(): void {
    this.requests.pump();
  }

  interestChanged(): void {
    this.#owner.interestChanged(this.state);
    if (!this.isClosed) this.grants.offer();
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

  /** About once a second. */
  tick(nowMs: number, elapsedMs: number): void {
    const { state } = this;
    state.meters.tick(elapsedMs);
    const { settings } = this.#environment;
    if (state.phase === 'handshaking') {
      if (nowMs - state.openedAtMs < settings.handshakeTimeoutMs) return;
      const message = 'no handshake in time';
      this.close({ origin: 'policy', code: 'PEER_HANDSHAKE_TIMEOUT', message });
      return;
    }
    if (state.phase === 'connecting') return;
    if (this.stream.isHeldBack) this.requests.notRead(nowMs);
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
