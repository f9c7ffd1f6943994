import type { BencodeDict } from '../bencode/bencode.js';
import { bytesEqual, bytesToHex, concatBytes, copyBytes } from '../common/bytes.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import { endpoint } from '../common/endpoint.js';
import type { ExtensionHandshake } from '../wire/extension-handshake.js';
import { encodeHandshake, type HandshakeParser } from '../wire/handshake.js';
import { ReservedBits } from '../wire/reserved-bits.js';
import type { ExtensionProtocol } from './extension-protocol.js';
import type { HoldGate } from './hold-gate.js';
import type { InboundMessages } from './inbound-messages.js';
import type { MessageSender } from './message-sender.js';
import type { PeerEnvironment } from './peer-environment.js';
import type { PeerOwner } from './peer-owner.js';
import type { PeerPlugins } from './peer-plugins.js';
import type { PeerState } from './peer-state.js';
import type { RemotePieces } from './remote-pieces.js';

/** What the opening asks of its connection. */
export interface OpeningOwner {
  close(reason: DisconnectReason): void;
  fail(code: string, message: string): void;
}

/**
 * How a connection opens: both handshakes, holds, extension handshakes, our state; and what is said again
 * later in the same messages.
 */
export class PeerOpening {
  readonly #environment: PeerEnvironment;
  readonly #torrent: PeerOwner;
  readonly #state: PeerState;
  readonly #plugins: PeerPlugins;
  readonly #holds: HoldGate;
  readonly #sender: MessageSender;
  readonly #extensions: ExtensionProtocol;
  readonly #pieces: RemotePieces;
  readonly #inbound: InboundMessages;
  readonly #handshake: HandshakeParser;
  readonly #owner: OpeningOwner;
  #localHandshake: Uint8Array | undefined;
  #heldHandshake: { readonly dict: BencodeDict; readonly fields: ExtensionHandshake } | undefined;
  #lastHandshake: BencodeDict | undefined;
  #isHandshakeReceived = false;
  /** Until the holds are known that this connection opens under. */
  #isFirstRound = true;
  #isHeldHandshakeReceived = false;
  /** What has been said of our pieces: nothing yet, that there are none, or all of it. */
  #saidState: 'nothing' | 'none' | 'all' = 'nothing';

  constructor(options: {
    readonly environment: PeerEnvironment;
    readonly torrent: PeerOwner;
    readonly state: PeerState;
    readonly plugins: PeerPlugins;
    readonly holds: HoldGate;
    readonly sender: MessageSender;
    readonly extensions: ExtensionProtocol;
    readonly pieces: RemotePieces;
    readonly inbound: InboundMessages;
    readonly handshake: HandshakeParser;
    readonly owner: OpeningOwner;
  }) {
    this.#environment = options.environment;
    this.#torrent = options.torrent;
    this.#state = options.state;
    this.#plugins = options.plugins;
    this.#holds = options.holds;
    this.#sender = options.sender;
    this.#extensions = options.extensions;
    this.#pieces = options.pieces;
    this.#inbound = options.inbound;
    this.#handshake = options.handshake;
    this.#owner = options.owner;
  }

  /** What is bound into an authentication; see `PeerContext.transcript`. */
  get transcript(): Uint8Array | undefined {
    const local = this.#localHandshake;
    const remote = this.#isHandshakeReceived ? this.#handshake.raw : undefined;
    const { firstSent, firstReceived } = this.#extensions;
    if (!local || !remote || !firstSent || !firstReceived) return undefined;
    return this.#state.isOutgoing
      ? concatBytes(local, remote, firstSent, firstReceived)
      : concatBytes(remote, local, firstReceived, firstSent);
  }

  /** The stream is open: tells plugins, and sends our handshake. */
  sendHandshake(): void {
    const state = this.#state;
    state.phase = 'handshaking';
    state.openedAtMs = this.#environment.clock.now();
    this.#holds.start();
    this.#environment.alerts.post('peerConnected', {
      infoHash: this.#torrent.infoHash,
      endpoint: state.endpoint,
      isOutgoing: state.isOutgoing,
      transport: state.transport,
    });
    this.#plugins.connected();
    if (this.#state.isClosed) return;
    const bits = new ReservedBits();
    bits.extensionProtocol = true;
    bits.fast = true;
    this.#holds.isWindowOpen = true;
    this.#plugins.hooks.notify('reservedBits', bits);
    this.#holds.isWindowOpen = false;
    if (this.#state.isClosed) return;
    const reserved = bits.toBytes();
    state.localReserved = new ReservedBits(reserved);
    this.#localHandshake = encodeHandshake({
      reserved,
      infoHash: this.#torrent.infoHash.toBytes(),
      peerId: state.localId,
    });
    this.#sender.bytes(this.#localHandshake);
  }

  /** Whether our handshake has been built: from then on its contents are fixed. */
  get isHandshakeSent(): boolean {
    return this.#localHandshake !== undefined;
  }

  /** The remote's handshake is complete. */
  handshakeReceived(): void {
    const state = this.#state;
    const infoHash = this.#handshake.infoHash as Uint8Array;
    if (!bytesEqual(infoHash, this.#torrent.infoHash.toBytes())) {
      this.#owner.fail('PEER_INFO_HASH', 'the remote answers for another torrent');
      return;
    }
    const reserved = this.#handshake.reserved as ReservedBits;
    const local = state.localReserved as ReservedBits;
    this.#isHandshakeReceived = true;
    state.id = copyBytes(this.#handshake.peerId as Uint8Array);
    state.reserved = reserved;
    state.supportsFast = local.fast && reserved.fast;
    state.supportsExtensions = local.extensionProtocol && reserved.extensionProtocol;
    this.#plugins.hooks.gate = (entry) => !this.#holds.isHeld || this.#holds.isHolder(entry.scope);
    this.catchUp();
    this.#isFirstRound = false;
    if (this.#state.isClosed) return;
    if (this.#holds.isHeld) this.#hold();
    else this.open();
  }

  #hold(): void {
    this.#state.phase = 'held';
    if (this.#state.supportsExtensions) this.#extensions.sendHeldHandshake();
  }

  /** Calls the handshake hooks of the plugins that may be called and have not been. */
  catchUp(): void {
    this.#plugins.connected();
    if (!this.#isHandshakeReceived || this.#state.isClosed) return;
    this.#holds.isWindowOpen = this.#isFirstRound;
    this.#plugins.handshake(this.#state.reserved as ReservedBits);
    this.#holds.isWindowOpen = false;
    if (this.#state.isClosed) return;
    if (!this.#state.supportsExtensions) this.#plugins.extensionHandshake(undefined, true);
    else if (this.#lastHandshake && this.#state.isReady) {
      this.#plugins.extensionHandshake(this.#lastHandshake, true);
    }
  }

  /** No hold is open: sends everything, and deals with what was kept. */
  open(): void {
    const state = this.#state;
    const refusal = this.#torrent.admit(state);
    if (refusal !== undefined) {
      this.#owner.close(refusal);
      return;
    }
    this.catchUp();
    if (this.#state.isClosed) return;
    this.#plugins.hooks.gate = undefined;
    state.phase = 'ready';
    if (state.supportsExtensions) this.#extensions.sendFullHandshake();
    if (this.#state.isClosed) return;
    this.#environment.alerts.post('peerReady', {
      infoHash: this.#torrent.infoHash,
      endpoint: state.endpoint,
      peerId: bytesToHex(state.id as Uint8Array),
      client: state.client,
    });
    this.sendState();
    const held = this.#heldHandshake;
    this.#heldHandshake = undefined;
    if (held) this.#applyHandshake(held.dict, held.fields, true);
    if (this.#state.isClosed) return;
    this.#startPieces();
    this.#inbound.replayKept();
  }

  /** Says what we have: nothing where that is not known yet, and the rest piece by piece when it is. */
  sendState(): void {
    const pieces = this.#torrent.announcedPieces;
    if (!this.#state.isReady || this.#saidState === 'all') return;
    const { supportsFast } = this.#state;
    if (pieces === undefined) {
      if (supportsFast && this.#saidState === 'nothing') this.#sender.haveNone();
      this.#saidState = 'none';
      return;
    }
    if (this.#saidState === 'none') this.#sender.haves(pieces);
    else if (supportsFast && pieces.isFull && pieces.length > 0) this.#sender.haveAll();
    else if (supportsFast && pieces.isEmpty) this.#sender.haveNone();
    else if (!pieces.isEmpty) this.#sender.bitfield(pieces.clone());
    this.#saidState = 'all';
  }

  /** We have the piece now: says so where our state has been said before. */
  announceHave(piece: number): void {
    if (this.#saidState === 'all' && !this.#state.isClosed) this.#sender.have(piece);
  }

  #startPieces(): void {
    const { layout } = this.#torrent;
    if (layout && this.#state.pieces === undefined) this.#pieces.startEmpty(layout.pieceCount);
  }

  /** The layout is known now. */
  metadataKnown(): void {
    if (!this.#state.isReady) return;
    this.#startPieces();
    this.sendState();
    this.#inbound.replayKept();
  }

  /** An extension handshake has arrived. */
  extensionHandshake(payload: Uint8Array): void {
    const { dict, fields } = this.#extensions.receiveHandshake(payload);
    if (!this.#holds.isHeld) {
      this.#applyHandshake(dict, fields, false);
      return;
    }
    if (this.#isHeldHandshakeReceived) {
      this.#owner.fail('PEER_MESSAGE_WHILE_HELD', 'a second extension handshake before the release');
      return;
    }
    this.#isHeldHandshakeReceived = true;
    this.#heldHandshake = { dict, fields };
    this.#extensions.applyIds(fields.messageIds);
    this.#plugins.extensionHandshake(dict, false);
  }

  #applyHandshake(dict: BencodeDict, fields: ExtensionHandshake, missedOnly: boolean): void {
    const state = this.#state;
    this.#lastHandshake = dict;
    this.#extensions.applyIds(fields.messageIds);
    if (fields.clientName !== undefined) state.client = fields.clientName;
    if (fields.requestQueue !== undefined) state.requestQueue = fields.requestQueue;
    if (fields.uploadOnly !== undefined) state.isUploadOnly = fields.uploadOnly;
    if (fields.listenPort !== undefined && !state.isOutgoing) {
      state.listenEndpoint = endpoint(state.endpoint.address, fields.listenPort);
      this.#torrent.listenEndpointKnown(state);
    }
    this.#plugins.extensionHandshake(dict, missedOnly);
    if (fields.uploadOnly !== undefined && !state.isClosed) this.#torrent.uploadOnlyChanged(state);
  }

  /** The stream is encrypted now: what was learned in plain is forgotten. */
  dropLearned(): void {
    this.#heldHandshake = undefined;
    this.#inbound.dropKept();
  }
}
