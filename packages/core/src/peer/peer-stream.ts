import type { BandwidthGroup } from '../bandwidth/bandwidth-group.js';
import type { BandwidthShare } from '../bandwidth/bandwidth-share.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import { isPeerloomError, type NetworkError, PluginError, UpgradeBoundaryError } from '../common/errors.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { ReceiveTransform, SendTransform } from '../plugin/hold.js';
import type { TimerHandle } from '../ports/clock.js';
import type { Connection, ConnectionHandler } from '../ports/network.js';
import type { FrameParser } from '../wire/frame-parser.js';
import type { HandshakeParser } from '../wire/handshake.js';
import type { PeerEnvironment } from './peer-environment.js';
import type { PeerState } from './peer-state.js';
import { ReceiveThrottle, type ThrottleOwner } from './receive-throttle.js';
import type { SendQueue } from './send-queue.js';
import { type ReceiverOwner, StreamReceiver } from './stream-receiver.js';

/** How long a closing connection may take to send what is queued. */
const lingerMs = 5000;
/** So much that is queued, some thirty requests, leaves before the end of a turn. */
const eagerFlushBytes = 512;
/** Reading stops while this many times the high mark waits to be sent. */
const maxQueuedMarks = 4;

/** What the stream asks of its connection. */
export interface StreamOwner {
  /** A dialled stream is open. */
  streamConnected(): void;
  handshakeReceived(): void;
  close(reason: DisconnectReason): void;
  fail(code: string, message: string): void;
  pluginFault(scope: PluginScope, hook: string, error: unknown): void;
  /** The engine itself has failed on this connection. */
  internalError(error: unknown): void;
}

/** The bytes of one connection, both ways: batching, back-pressure, stalls, upgrades, and the end. */
export class PeerStream implements ConnectionHandler {
  readonly #queue: SendQueue;
  readonly #environment: PeerEnvironment;
  readonly #state: PeerState;
  readonly #owner: StreamOwner;
  readonly #receiver: StreamReceiver;
  readonly #throttle: ReceiveThrottle;
  /** The part in the rate limits of downloading. */
  readonly share: BandwidthShare;
  #connection: Connection | undefined;
  #isFlushScheduled = false;
  #isReadPaused = false;
  #cancelStall: (() => void) | undefined;
  #lingerTimer: TimerHandle | undefined;
  #sendScope: PluginScope | undefined;
  #receiveScope: PluginScope | undefined;

  constructor(options: {
    readonly environment: PeerEnvironment;
    readonly state: PeerState;
    readonly owner: StreamOwner;
    readonly queue: SendQueue;
    readonly handshake: HandshakeParser;
    readonly frames: FrameParser;
    readonly download: BandwidthGroup;
  }) {
    const { state, owner } = options;
    this.#environment = options.environment;
    this.#state = state;
    this.#owner = owner;
    this.#queue = options.queue;
    const receiverOwner: ReceiverOwner = {
      get isClosed() {
        return state.isClosed;
      },
      handshakeReceived: () => owner.handshakeReceived(),
      decrypt: (transform, bytes) => this.#decrypt(transform, bytes),
    };
    this.#receiver = new StreamReceiver(receiverOwner, options.handshake, options.frames);
    this.share = options.download.share((bytes) => this.#throttle.resume(bytes));
    this.#throttle = new ReceiveThrottle(this.share, this.#throttleOwner(this.#receiver));
  }

  get isEncrypted(): boolean {
    return this.#queue.isEncrypted && this.#receiver.isEncrypted;
  }

  get bufferedBytes(): number {
    return this.#queue.queuedBytes + (this.#connection?.bufferedBytes ?? 0);
  }

  #throttleOwner(receiver: StreamReceiver): ThrottleOwner {
    const state = this.#state;
    return {
      get isClosed() {
        return state.isClosed;
      },
      get isOpening() {
        return !state.isReady;
      },
      get isStalled() {
        return receiver.isStalled;
      },
      take: (bytes) => this.#take(bytes),
      waitingChanged: () => this.#updateReading(),
    };
  }

  attach(connection: Connection): void {
    this.#connection = connection;
    this.#state.transport = connection.transport;
    connection.setHandler(this);
  }

  onConnect(): void {
    this.#state.lastReceivedAtMs = this.#environment.clock.now();
    this.guarded(() => this.#owner.streamConnected());
  }

  onData(chunk: Uint8Array): void {
    if (this.#state.isClosed) return;
    if (this.#throttle.isActive) {
      this.#throttle.push(chunk);
      return;
    }
    this.#take(chunk);
  }

  #take(chunk: Uint8Array): void {
    this.#state.meters.received.add(chunk.length);
    this.#state.lastReceivedAtMs = this.#environment.clock.now();
    this.receive(chunk);
    // The medium may hand over many chunks in a turn: a remote that waits for our requests would run dry.
    if (!this.#state.isClosed && this.#queue.queuedBytes >= eagerFlushBytes) this.flushNow();
  }

  /** Bytes that were read already. */
  receive(chunk: Uint8Array): void {
    this.guarded(() => this.#receiver.receive(chunk));
  }

  onDrain(): void {
    this.#updateReading();
  }

  onEnd(): void {
    this.#owner.close({ origin: 'remote', code: 'PEER_CLOSED', message: 'closed by the remote' });
  }

  onClose(error: NetworkError | undefined): void {
    if (this.#lingerTimer !== undefined) this.#environment.clock.clear(this.#lingerTimer);
    this.#lingerTimer = undefined;
    if (error === undefined) this.onEnd();
    else this.#owner.close({ origin: 'network', code: error.code, message: error.message });
  }

  /** Whether what has arrived, or may have, is not dealt with: a block has no slot, or a rate limit is used up. */
  get isHeldBack(): boolean {
    return this.#receiver.isStalled || this.#throttle.isWaiting;
  }

  /** From inside a message: reads no further until a slot is free. */
  stall(): void {
    this.#receiver.stall();
    this.#updateReading();
    this.#cancelStall = this.#environment.slots.whenFree(() => {
      this.#cancelStall = undefined;
      if (this.#state.isClosed) return;
      this.guarded(() => this.#receiver.resume());
      this.#throttle.resume();
      this.#updateReading();
    });
  }

  /** Reads no more while a block has no slot, a rate limit is used up, or the remote does not take what we send. */
  #updateReading(): void {
    if (this.#state.isClosed || this.#connection === undefined) return;
    const maxQueuedBytes = maxQueuedMarks * this.#environment.settings.sendBufferHighBytes;
    const mayRead = !this.isHeldBack && this.bufferedBytes <= maxQueuedBytes;
    if (mayRead !== this.#isReadPaused) return;
    this.#isReadPaused = !mayRead;
    if (mayRead) this.#connection.resume();
    else this.#connection.pause();
  }

  /** Hands everything queued to the medium at the end of this turn. */
  scheduleFlush(): void {
    if (this.#isFlushScheduled || this.#state.isClosed) return;
    this.#isFlushScheduled = true;
    this.#environment.scheduleFlush(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    if (this.#state.isClosed) return;
    this.flushNow();
    this.#updateReading();
  };

  flushNow(): void {
    if (this.#connection === undefined || this.#state.phase === 'connecting') return;
    try {
      const bytes = this.#queue.flush(this.#connection);
      if (bytes === 0) return;
      this.#state.meters.sent.add(bytes);
      this.#state.lastSentAtMs = this.#environment.clock.now();
    } catch (error) {
      this.#transformFailed(this.#sendScope, error);
    }
  }

  freezeSend(scope: PluginScope): void {
    if (!this.#connection) throw new UpgradeBoundaryError('the stream is not open yet');
    this.#queue.freeze(this.#connection);
    this.#closeWith(scope);
  }

  upgradeSend(scope: PluginScope, encrypt: SendTransform): void {
    if (!this.#connection) throw new UpgradeBoundaryError('the stream is not open yet');
    this.#queue.upgrade(this.#connection, encrypt);
    this.#sendScope = scope;
    this.#closeWith(scope);
    this.scheduleFlush();
  }

  upgradeReceive(scope: PluginScope, decrypt: ReceiveTransform): void {
    if (this.#receiver.isEncrypted) {
      throw new PluginError('PLUGIN_UPGRADE_TWICE', 'receiving is upgraded already');
    }
    if (!this.#receiver.isParsing) {
      throw new UpgradeBoundaryError('upgradeReceive is legal inside a message handler only');
    }
    this.#receiver.upgrade(decrypt);
    this.#receiveScope = scope;
    this.#closeWith(scope);
  }

  /** A stream can't go on without its transform. */
  #closeWith(scope: PluginScope): void {
    scope.own(() => {
      const message = 'the extension that encrypts the stream has left';
      const reason = { code: 'PEER_TRANSFORM_GONE', message, plugin: scope.name } as const;
      this.#owner.close({ origin: 'plugin', ...reason });
    });
  }

  #decrypt(transform: ReceiveTransform, bytes: Uint8Array): readonly Uint8Array[] | undefined {
    try {
      const plain = transform(bytes);
      return plain instanceof Uint8Array ? [plain] : plain;
    } catch (error) {
      this.#transformFailed(this.#receiveScope, error);
      return undefined;
    }
  }

  #transformFailed(scope: PluginScope | undefined, error: unknown): void {
    if (isPeerloomError(error) && error.code === 'PLUGIN_STREAM_AUTHENTICATION') {
      this.#owner.fail(error.code, error.message);
    } else if (scope) {
      this.#owner.pluginFault(scope, 'transform', error);
    } else {
      this.#owner.internalError(error);
    }
  }

  /** Whatever the remote sent, nothing leaves as an exception. */
  guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (isPeerloomError(error) && error.code.startsWith('WIRE_')) {
        this.#owner.fail(error.code, error.message);
      } else {
        this.#owner.internalError(error);
      }
    }
  }

  /** Sends what is queued, where that is wanted and nothing stands in its way. */
  flushBeforeClose(): void {
    if (!this.#queue.isFrozen) this.flushNow();
  }

  /** Ends the stream: at once, or (`politely`) when what is queued has left. */
  close(politely: boolean): void {
    this.#cancelStall?.();
    this.#cancelStall = undefined;
    this.#throttle.close();
    this.#queue.clear();
    const connection = this.#connection;
    if (connection === undefined) return;
    if (!politely || connection.bufferedBytes === 0) {
      connection.destroy();
      return;
    }
    this.#lingerTimer = this.#environment.clock.setTimeout(() => connection.destroy(), lingerMs);
    connection.end();
  }
}
