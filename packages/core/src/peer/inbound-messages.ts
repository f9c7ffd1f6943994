import { Bitfield } from '../common/bitfield.js';
import { copyBytes } from '../common/bytes.js';
import { limits } from '../common/limits.js';
import type { HookHost } from '../dispatch/hook-host.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import { readDontHave } from '../wire/dont-have.js';
import type { FrameHandler } from '../wire/frame-parser.js';
import type { ExtensionProtocol } from './extension-protocol.js';
import type { HoldGate } from './hold-gate.js';
import type { KeptMessage, KeptMessages } from './kept-messages.js';
import type { PeerEnvironment } from './peer-environment.js';
import type { PeerState } from './peer-state.js';
import type { RemotePieces } from './remote-pieces.js';
import type { RequestPipeline } from './request-pipeline.js';
import type { UploadQueue } from './upload-queue.js';

const minuteMs = 60_000;

/** What incoming messages ask of their connection. */
export interface InboundOwner {
  readonly layout: TorrentLayout | undefined;
  /** Closes the connection for a breach of the protocol. */
  fail(code: string, message: string): void;
  /** No slot is free: stop reading until one is. */
  stall(): void;
  /** The remote is interested, or no longer. */
  interestChanged(): void;
  /** An extension handshake has arrived. */
  extensionHandshake(payload: Uint8Array): void;
  /** More blocks may be asked for. */
  requestMore(): void;
}

/** A request that came while the connection was held. */
interface HeldRequest {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/**
 * Takes the messages of one remote from the parser: checks them, keeps what can't be dealt with yet, offers
 * them to plugins, and does what the engine does with them.
 */
export class InboundMessages implements FrameHandler {
  readonly #environment: PeerEnvironment;
  readonly #state: PeerState;
  readonly #hooks: HookHost<PeerPlugin>;
  readonly #holds: HoldGate;
  readonly #extensions: ExtensionProtocol;
  readonly #requests: RequestPipeline;
  readonly #uploads: UploadQueue;
  readonly #pieces: RemotePieces;
  readonly #kept: KeptMessages;
  readonly #owner: InboundOwner;
  #heldRequests: HeldRequest[] = [];
  #unknownSinceMs = 0;
  #unknownCount = 0;

  constructor(options: {
    readonly environment: PeerEnvironment;
    readonly state: PeerState;
    readonly hooks: HookHost<PeerPlugin>;
    readonly holds: HoldGate;
    readonly extensions: ExtensionProtocol;
    readonly requests: RequestPipeline;
    readonly uploads: UploadQueue;
    readonly pieces: RemotePieces;
    readonly kept: KeptMessages;
    readonly owner: InboundOwner;
  }) {
    this.#environment = options.environment;
    this.#state = options.state;
    this.#hooks = options.hooks;
    this.#holds = options.holds;
    this.#extensions = options.extensions;
    this.#requests = options.requests;
    this.#uploads = options.uploads;
    this.#pieces = options.pieces;
    this.#kept = options.kept;
    this.#owner = options.owner;
  }

  onKeepAlive(): void {}

  onChoke(): void {
    if (this.#isKeptWhileHeld({ type: 'choke' })) return;
    this.#state.isChokingUs = true;
    this.#requests.onChoked();
    this.#hooks.handled('onChoke');
  }

  onUnchoke(): void {
    if (this.#isKeptWhileHeld({ type: 'unchoke' })) return;
    this.#state.isChokingUs = false;
    if (!this.#hooks.handled('onUnchoke')) this.#owner.requestMore();
  }

  onInterested(): void {
    if (this.#isKeptWhileHeld({ type: 'interested' })) return;
    this.#state.isInterested = true;
    if (!this.#hooks.handled('onInterested')) this.#owner.interestChanged();
  }

  onNotInterested(): void {
    if (this.#isKeptWhileHeld({ type: 'notInterested' })) return;
    this.#state.isInterested = false;
    if (!this.#hooks.handled('onNotInterested')) this.#owner.interestChanged();
  }

  onHave(piece: number): void {
    if (this.#isKeptState({ type: 'have', piece }) || !this.#isPiece(piece)) return;
    if (this.#hooks.has('onHave') && this.#hooks.handled('onHave', piece)) return;
    if (!this.#state.isClosed) this.#pieces.add(piece);
  }

  #onDontHave(piece: number): void {
    if (this.#isKeptState({ type: 'dontHave', piece }) || !this.#isPiece(piece)) return;
    if (this.#hooks.handled('onDontHave', piece) || this.#state.isClosed) return;
    this.#pieces.delete(piece);
  }

  onBitfield(view: Uint8Array): void {
    const { layout } = this.#owner;
    if (layout === undefined || this.#holds.isHeld) {
      this.#keep({ type: 'bitfield', bits: copyBytes(view) });
      return;
    }
    const bits = Bitfield.fromBytes(view, layout.pieceCount);
    if (bits === undefined) {
      this.#owner.fail(
        'WIRE_BITFIELD',
        `a bitfield of ${view.length} bytes that does not fit ${layout.pieceCount} pieces`,
      );
      return;
    }
    if (this.#hooks.handled('onBitfield', bits) || this.#state.isClosed) return;
    this.#pieces.replace(bits.clone());
  }

  onHaveAll(): void {
    if (!this.#isFast('have all') || this.#isKeptState({ type: 'haveAll' })) return;
    if (this.#hooks.handled('onHaveAll') || this.#state.isClosed) return;
    this.#pieces.replace(Bitfield.full((this.#owner.layout as TorrentLayout).pieceCount));
  }

  onHaveNone(): void {
    if (!this.#isFast('have none') || this.#isKeptState({ type: 'haveNone' })) return;
    if (this.#hooks.handled('onHaveNone') || this.#state.isClosed) return;
    this.#pieces.replace(new Bitfield((this.#owner.layout as TorrentLayout).pieceCount));
  }

  onAllowedFast(piece: number): void {
    if (!this.#isFast('allowed fast') || this.#isKeptState({ type: 'allowedFast', piece })) return;
    const { allowedFast } = this.#state;
    if (!this.#isPiece(piece)) return;
    if (this.#hooks.handled('onAllowedFast', piece) || this.#state.isClosed) return;
    if (allowedFast.length >= limits.maxAllowedFast || allowedFast.includes(piece)) return;
    allowedFast.push(piece);
    this.#owner.requestMore();
  }

  onSuggest(piece: number): void {
    if (!this.#isFast('suggest') || this.#isKeptState({ type: 'suggest', piece })) return;
    if (!this.#isPiece(piece)) return;
    if (this.#hooks.handled('onSuggest', piece) || this.#state.isClosed) return;
    const { suggested } = this.#state;
    if (suggested.includes(piece)) return;
    if (suggested.length >= limits.maxSuggested) suggested.shift();
    suggested.push(piece);
  }

  onPort(port: number): void {
    if (!this.#holds.isHeld) this.#hooks.handled('onPort', port);
  }

  onRequest(piece: number, begin: number, length: number): void {
    if (!this.#holds.isHeld) {
      this.#uploads.onRequest(piece, begin, length);
      return;
    }
    if (this.#isStrictBreach('request')) return;
    if (this.#heldRequests.length < this.#environment.settings.maxIncomingRequests) {
      this.#heldRequests.push({ piece, begin, length });
    }
  }

  onCancel(piece: number, begin: number, length: number): void {
    if (!this.#holds.isHeld) this.#uploads.onCancel(piece, begin, length);
  }

  onReject(piece: number, begin: number, length: number): void {
    if (!this.#isFast('reject') || this.#closesWhileHeld('reject')) return;
    const ended = this.#requests.settleRejected(piece, begin);
    if (ended === undefined) return;
    if (this.#hooks.handled('onReject', { piece, begin, length }) || this.#state.isClosed) return;
    if (ended === 'refused') this.#requests.avoidRejected(piece, begin);
    this.#owner.requestMore();
  }

  pieceTarget(piece: number, begin: number, length: number): Uint8Array | 'stall' | undefined {
    if (this.#closesWhileHeld('piece')) return undefined;
    if (this.#owner.layout === undefined) {
      this.#owner.fail('WIRE_STATE', 'a piece before metadata is known');
      return undefined;
    }
    const target = this.#requests.target(piece, begin, length);
    if (target === 'stall') this.#owner.stall();
    return target;
  }

  onPiece(piece: number, begin: number, length: number): void {
    this.#requests.received(piece, begin, length);
    if (!this.#state.isClosed) this.#owner.requestMore();
  }

  onPieceDiscarded(piece: number, begin: number, length: number): void {
    this.#requests.discarded(piece, begin, length);
  }

  onExtended(id: number, payload: Uint8Array): void {
    if (this.#state.supportsExtensions !== true) {
      this.#owner.fail('WIRE_EXTENSIONS', 'an extension message without the extension protocol');
      return;
    }
    if (id === 0) {
      this.#owner.extensionHandshake(payload);
      return;
    }
    const channel = this.#extensions.channelOf(id);
    if (this.#holds.isHeld && !(channel && this.#holds.allowsChannel(id))) {
      this.#closesWhileHeld('extension message');
      return;
    }
    if (channel !== undefined) {
      const error = channel.receive(payload);
      if (error !== undefined) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#owner.fail('PEER_MALFORMED_MESSAGE', `'${channel.name}': ${reason}`);
      }
      return;
    }
    if (id === this.#extensions.dontHaveId) {
      this.#onDontHave(readDontHave(payload));
    } else if (!this.#hooks.handled('onExtended', id, payload) && !this.#extensions.isRetired(id)) {
      this.#countUnknown('extension message', id);
    }
  }

  onUnknownMessage(id: number, payload: Uint8Array): void {
    if (this.#closesWhileHeld(`message ${id}`)) return;
    if (!this.#hooks.handled('onUnknownMessage', id, payload)) this.#countUnknown('message', id);
  }

  /** Deals with what was kept, oldest first. */
  replayKept(): void {
    for (const message of this.#kept.take()) {
      if (this.#state.isClosed) return;
      this.#replay(message);
    }
    const requests = this.#heldRequests;
    if (this.#holds.isHeld || requests.length === 0) return;
    this.#heldRequests = [];
    for (const { piece, begin, length } of requests) {
      if (this.#state.isClosed) return;
      this.#uploads.refuse(piece, begin, length);
    }
  }

  /** Forgets what was kept: it was said in plain, and the stream is encrypted now. */
  dropKept(): void {
    this.#kept.clear();
    this.#heldRequests = [];
  }

  #replay(message: KeptMessage): void {
    switch (message.type) {
      case 'bitfield':
        this.onBitfield(message.bits);
        break;
      case 'haveAll':
        this.onHaveAll();
        break;
      case 'haveNone':
        this.onHaveNone();
        break;
      case 'choke':
        this.onChoke();
        break;
      case 'unchoke':
        this.onUnchoke();
        break;
      case 'interested':
        this.onInterested();
        break;
      case 'notInterested':
        this.onNotInterested();
        break;
      case 'have':
        this.onHave(message.piece);
        break;
      case 'dontHave':
        this.#onDontHave(message.piece);
        break;
      case 'allowedFast':
        this.onAllowedFast(message.piece);
        break;
      case 'suggest':
        this.onSuggest(message.piece);
        break;
    }
  }

  #isKeptWhileHeld(message: KeptMessage): boolean {
    if (!this.#holds.isHeld) return false;
    this.#keep(message);
    return true;
  }

  #isKeptState(message: KeptMessage): boolean {
    if (!this.#holds.isHeld && this.#owner.layout !== undefined) return false;
    this.#keep(message);
    return true;
  }

  #keep(message: KeptMessage): void {
    if (this.#isStrictBreach(message.type)) return;
    if (!this.#kept.add(message)) {
      this.#owner.fail('PEER_KEPT_LIMIT', 'too many messages before they can be dealt with');
    }
  }

  #isStrictBreach(what: string): boolean {
    if (!this.#holds.isHeld || !this.#holds.isStrict) return false;
    this.#owner.fail('PEER_MESSAGE_WHILE_HELD', `${what} before the connection was released`);
    return true;
  }

  #closesWhileHeld(what: string): boolean {
    if (!this.#holds.isHeld) return false;
    this.#owner.fail('PEER_MESSAGE_WHILE_HELD', `${what} before the connection was released`);
    return true;
  }

  #isFast(what: string): boolean {
    if (this.#state.supportsFast) return true;
    this.#owner.fail('WIRE_FAST', `'${what}' without the fast extension`);
    return false;
  }

  #isPiece(piece: number): boolean {
    if (this.#owner.layout?.isValidPiece(piece) === true) return true;
    this.#owner.fail('WIRE_PIECE_RANGE', `there is no piece ${piece}`);
    return false;
  }

  #countUnknown(what: string, id: number): void {
    if (this.#state.isClosed) return;
    const nowMs = this.#environment.clock.now();
    if (nowMs - this.#unknownSinceMs > minuteMs) {
      this.#unknownSinceMs = nowMs;
      this.#unknownCount = 0;
    }
    this.#unknownCount++;
    this.#state.unknownMessages++;
    if (this.#unknownCount > this.#environment.settings.maxUnknownMessagesPerMinute) {
      this.#owner.fail('PEER_UNKNOWN_MESSAGES', `too many unknown messages, the last ${what} ${id}`);
    }
  }
}
