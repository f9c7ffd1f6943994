import type { BencodeInput } from '../bencode/bencode.js';
import type { Endpoint } from '../common/endpoint.js';
import type { PeerSource } from '../common/peer-source.js';
import type { Clock } from '../ports/clock.js';
import type { ReadonlyReservedBits } from '../wire/reserved-bits.js';
import type { HoldOptions, PeerDeadline, PeerHold, ReceiveTransform, SendTransform } from './hold.js';
import type { MessageChannel, MessageDefinition } from './message.js';
import type { PluginKey } from './plugin-key.js';
import type { RateLimits } from './rate-limits.js';
import type { StandardMessage } from './standard-message.js';
import type { TorrentContext } from './torrent-context.js';

/** Our extension handshake (BEP 10) while it is built. */
export interface HandshakeBuilder {
  /** Whether a key is there: the engine's own (`m`, `p`, `v`, `yourip`, `reqq`, …) or a plugin's. */
  has(key: string): boolean;
  /** Adds a key. Throws `PLUGIN_HANDSHAKE_KEY` where it is there already. */
  set(key: string, value: BencodeInput): void;
}

/** Counters of one connection. Rates are bytes a second over the last few seconds. */
export interface PeerStats {
  /** Bytes of blocks that came. */
  readonly downloadedBytes: number;
  /** Bytes of blocks that were sent. */
  readonly uploadedBytes: number;
  /** All bytes, protocol included. */
  readonly receivedBytes: number;
  /** All bytes, protocol included. */
  readonly sentBytes: number;
  /** Of blocks, in bytes a second. */
  readonly downloadRate: number;
  /** Of blocks, in bytes a second. */
  readonly uploadRate: number;
  /** Of all bytes, in bytes a second. */
  readonly receiveRate: number;
  /** Of all bytes, in bytes a second. */
  readonly sendRate: number;
  /** Requests of ours that are not answered. */
  readonly outstandingRequests: number;
  /** Requests of the remote that are not answered. */
  readonly queuedRequests: number;
  /** Pieces that it took part in and that failed their hash check. */
  readonly hashFailures: number;
  /** Requests of the remote for what is not here. */
  readonly invalidRequests: number;
  /** Messages of unknown type. */
  readonly unknownMessages: number;
  /** Whether it has not answered requests in time. */
  readonly isSnubbed: boolean;
}

/** How `peer.disconnect` treats the address afterwards. */
export interface DisconnectOptions {
  /** Bans the principal where there is one, else the address. */
  readonly ban?: boolean;
  /** Not dialled again before this time. */
  readonly backoffMs?: number;
}

/**
 * One plugin's facade of one connection. After the connection or the plugin is gone, reads give the last
 * value, writes throw {@link ContextClosedError}.
 */
export interface PeerContext {
  /** This plugin's facade of the torrent. */
  readonly torrent: TorrentContext;
  /** Address and port of the stream's other end; the port of an incoming one is ephemeral. */
  readonly endpoint: Endpoint;
  /** Where the remote listens, once known: dialled by us, or told by it (BEP 10 `p`). */
  readonly listenEndpoint: Endpoint | undefined;
  /** The remote's 20-byte peer id; `undefined` before its handshake. */
  readonly id: Uint8Array | undefined;
  /** What the remote calls itself (BEP 10 `v`). */
  readonly client: string | undefined;
  /** Number of this connection, unique in the session and never used again. */
  readonly connectionId: number;
  /** How the peer became known. */
  readonly source: PeerSource;
  /** Whether we dialled. */
  readonly isOutgoing: boolean;
  /** `tcp` or the name of a registered transport. */
  readonly transport: string;
  /** Whether both directions have been upgraded by a transform. */
  readonly isEncrypted: boolean;
  /** Whether the remote has every piece. */
  readonly isSeed: boolean;
  /** BEP 21. */
  readonly isUploadOnly: boolean;
  /** Handshakes are done and no hold is open. */
  readonly isReady: boolean;
  /** Whether the connection or the plugin is gone. */
  readonly isClosed: boolean;
  /** We choke it. */
  readonly isChoked: boolean;
  /** It is interested in us. */
  readonly isInterested: boolean;
  /** It chokes us. */
  readonly isChokingUs: boolean;
  /** We are interested in it. */
  readonly weAreInterested: boolean;
  /** Whether the remote has the piece, as far as it said. */
  has(piece: number): boolean;
  /** Pieces that the remote has; 0 before metadata. */
  readonly pieceCount: number;
  /** Whether both sides speak BEP 10; `undefined` before the handshake. */
  readonly supportsExtensions: boolean | undefined;
  /** The remote's reserved bits; `undefined` before its handshake. */
  readonly reserved: ReadonlyReservedBits | undefined;
  /** Ours; `undefined` before our handshake is built. */
  readonly localReserved: ReadonlyReservedBits | undefined;
  /** Counters of the connection, now. */
  readonly stats: PeerStats;
  /** Bytes queued to be sent, by us and in the system's hands. */
  readonly sendBufferBytes: number;
  /** Time, with timers that are guarded and end with this context. */
  readonly clock: Clock;

  /**
   * Sends a standard message, as the engine would: flags follow, requests count as outstanding and are
   * validated. Throws `PLUGIN_MESSAGE_INVALID` for values out of range, `PLUGIN_MESSAGE_STATE` where the
   * protocol does not allow it now, `PLUGIN_HELD` while a hold is open.
   */
  send(message: StandardMessage): void;
  /**
   * Sends a message of any id, 0–255, with this payload, copied, unchecked. Throws `PLUGIN_MESSAGE_INVALID`,
   * `PLUGIN_MESSAGE_STATE` before the handshakes are done, `PLUGIN_HELD`.
   */
  sendRaw(id: number, payload: Uint8Array): void;
  /**
   * Registers a typed message on this connection. Its handler is guarded. Throws
   * `PLUGIN_MESSAGE_REGISTERED` where the name is taken on this connection, `PLUGIN_MESSAGE_IDS` when the
   * session's 255 ids are used up.
   */
  register<T>(message: MessageDefinition<T>, handler: (value: T) => void): MessageChannel<T>;
  /**
   * Has `addHandshake` of every plugin asked again, and sends a further extension handshake (BEP 10) with what has
   * changed, at most one a second. Does nothing before our first one is sent and where a side has no BEP 10.
   */
  updateHandshake(): void;
  /** Chokes the remote; the next round of the choker decides anew. */
  choke(): void;
  /** Unchokes the remote; the next round of the choker decides anew. */
  unchoke(): void;
  /** The limits of the connection alone, the least of what anybody sets; those of the torrent and session hold besides. */
  readonly rateLimits: RateLimits;
  /**
   * Sets the limits that are given, from now on and until the plugin leaves. The application and other plugins set
   * theirs: the least holds, and 0 lifts none but this plugin's. Throws `PLUGIN_MESSAGE_INVALID`, and then none is
   * set.
   */
  setRateLimits(limits: Partial<RateLimits>): void;
  /** Closes the connection. `canDisconnect` is not asked. */
  disconnect(reason: string, options?: DisconnectOptions): void;
  /**
   * Keeps everything but the handshake, keep-alives and the holders' channels from going out, and other
   * plugins from what the remote sends, until released: their hooks from `onHandshake` on run at the release.
   * Legal in `newConnection`, `reservedBits`, and an `onHandshake` that no other hold has delayed; throws
   * {@link HoldTooLateError} later, `PLUGIN_HOLD_DEADLINE` for a deadline that is none.
   */
  hold(options: HoldOptions): PeerHold;
  /** Disconnects after `ms` unless cancelled. */
  deadline(ms: number, reason: string): PeerDeadline;
  /**
   * Initiator's 68 handshake bytes, responder's, initiator's first extension-handshake payload,
   * responder's: what an authentication binds itself to. `undefined` before all four are known.
   */
  readonly transcript: Uint8Array | undefined;
  /**
   * No further plain byte after what is queued; everything else queues behind. The connection closes where
   * the plugin leaves. Throws {@link UpgradeBoundaryError} before the stream is open, `PLUGIN_UPGRADE_TWICE`
   * after an upgrade.
   */
  freezeSend(): void;
  /**
   * Every byte queued from now on goes through `encrypt`, at flush. Once a connection, else
   * `PLUGIN_UPGRADE_TWICE`; throws {@link UpgradeBoundaryError} before the stream is open.
   */
  upgradeSend(encrypt: SendTransform): void;
  /**
   * Every byte after the message being handled goes through `decrypt`. Only inside the handler of an
   * inbound message, else {@link UpgradeBoundaryError}. Drops what was kept under a hold and learned in plain,
   * but both handshakes and the holders' channels. Once a connection, else `PLUGIN_UPGRADE_TWICE`.
   */
  upgradeReceive(decrypt: ReceiveTransform): void;
  /** Who this peer has proved to be; `undefined` where nobody has asked. */
  readonly principal: string | undefined;
  /** For authentication plugins: names who this peer is. Throws `PLUGIN_PRINCIPAL` when set twice. */
  setPrincipal(principal: string): void;
  /**
   * The 20-byte id that our handshake on this connection carries instead of the session's. Throws
   * `PLUGIN_MESSAGE_STATE` once the handshake is sent, `PLUGIN_MESSAGE_INVALID` for another length.
   */
  setLocalId(id: Uint8Array): void;
  /** The peer plugin that another extension made for this connection. */
  plugin<T>(key: PluginKey<T>): T | undefined;
}
