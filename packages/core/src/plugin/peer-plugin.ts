import type { BencodeDict } from '../bencode/bencode.js';
import type { ReadonlyBitfield } from '../common/bitfield.js';
import type { BlockRequest } from '../common/block.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { ReadonlyReservedBits, ReservedBits } from '../wire/reserved-bits.js';
import type { DiskBufferHolder } from './disk-buffer-holder.js';
import type { HandshakeBuilder } from './peer-context.js';

/**
 * Hooks of one connection. Made by {@link TorrentPlugin.newConnection}. All are optional; they run
 * synchronously, see validated values, and may call anything on their contexts. Views of payloads are
 * valid during the call only.
 *
 * Kinds: *notify*, the result is ignored; *handled*, `true` keeps later plugins and the engine's own
 * handling from it; *veto*, `false` says no; *detach*, `false` detaches this plugin from this peer
 * (closes the peer where the plugin is `required`); *first*, the first value wins.
 */
export interface PeerPlugin {
  /** *notify.* Our handshake is about to be built; may set bits in it. */
  reservedBits?(bits: ReservedBits): void;
  /** *detach.* The remote's handshake has arrived, with these bits. */
  onHandshake?(reserved: ReadonlyReservedBits): boolean | void;
  /**
   * *notify.* Our extension handshake (BEP 10) is being built; may add keys. Setting a key that is there
   * already throws. Called again whenever there is something to announce, or a plugin says so with
   * `peer.updateHandshake()`; only keys whose value has changed are sent.
   */
  addHandshake?(dict: HandshakeBuilder): void;
  /**
   * *detach.* The remote's extension handshake, the first and every later one; `undefined` right after
   * the handshake of a peer without BEP 10.
   */
  onExtensionHandshake?(dict: BencodeDict | undefined): boolean | void;
  /** *notify.* The stream is open; nothing has been sent. */
  onConnected?(): void;
  /** *notify.* The connection is gone: its context can still be read, no more. */
  onDisconnect?(reason: DisconnectReason): void;

  /** *handled.* */
  onChoke?(): boolean | void;
  /** *handled.* */
  onUnchoke?(): boolean | void;
  /** *handled.* */
  onInterested?(): boolean | void;
  /** *handled.* */
  onNotInterested?(): boolean | void;
  /** *handled.* The remote says that it has `piece`. */
  onHave?(piece: number): boolean | void;
  /** *handled.* The remote says that it has lost `piece` (BEP 54). */
  onDontHave?(piece: number): boolean | void;
  /** *handled.* All the pieces that the remote has. `bits` may be kept: it never changes. */
  onBitfield?(bits: ReadonlyBitfield): boolean | void;
  /** *handled.* BEP 6. */
  onHaveAll?(): boolean | void;
  /** *handled.* BEP 6. */
  onHaveNone?(): boolean | void;
  /** *handled.* BEP 6: `piece` may be asked for while choked. */
  onAllowedFast?(piece: number): boolean | void;
  /** *handled.* BEP 6. */
  onSuggest?(piece: number): boolean | void;
  /** *handled.* BEP 5: the remote's DHT port. */
  onPort?(port: number): boolean | void;
  /**
   * *handled.* The remote, which we do not choke, asks for a block that we have. `true`: this plugin answers,
   * once, within 60 s, with a `piece` or `reject` message.
   */
  onRequest?(request: BlockRequest): boolean | void;
  /** *handled.* */
  onCancel?(request: BlockRequest): boolean | void;
  /** *handled.* A request of ours is refused (BEP 6). */
  onReject?(request: BlockRequest): boolean | void;
  /** *handled.* A block that we asked for. `true`: the block is with the plugin. */
  onPiece?(request: BlockRequest, buffer: DiskBufferHolder): boolean | void;
  /** *handled.* An extension message that no typed channel took; `id` is our id for it. */
  onExtended?(id: number, payload: Uint8Array): boolean | void;
  /** *handled.* A message whose id the engine does not know. */
  onUnknownMessage?(id: number, payload: Uint8Array): boolean | void;

  /** *notify.* A piece to which this peer sent blocks passed its hash check. */
  onPiecePass?(piece: number): void;
  /** *notify.* A piece to which this peer sent blocks failed its hash check. */
  onPieceFailed?(piece: number): void;
  /** *notify.* About once a second. */
  tick?(): void;
  /** *handled.* We are about to ask for a block. `true`: not sent; the block is with the plugin. */
  writeRequest?(request: BlockRequest): boolean | void;
  /** *veto.* The choker wants to unchoke this peer. */
  canUnchoke?(): boolean | void;
  /** *first.* Rank for unchoking: higher first, ahead of rates; a peer without one has 0. */
  unchokePriority?(): number | undefined;
  /**
   * *veto.* The engine wants to disconnect by policy, and it can wait: the peer is idle or of no use, the
   * torrent is paused, checked or in error. Never asked on a protocol error, for a ban, a duplicate, a missing
   * required extension, or at the end.
   */
  canDisconnect?(reason: DisconnectReason): boolean | void;

  /** *notify.* We have queued the message of that name. */
  sentChoke?(): void;
  /** *notify.* */
  sentUnchoke?(): void;
  /** *notify.* */
  sentInterested?(): void;
  /** *notify.* */
  sentNotInterested?(): void;
  /** *notify.* */
  sentHave?(piece: number): void;
  /** *notify.* */
  sentDontHave?(piece: number): void;
  /** *notify.* */
  sentBitfield?(bits: ReadonlyBitfield): void;
  /** *notify.* */
  sentHaveAll?(): void;
  /** *notify.* */
  sentHaveNone?(): void;
  /** *notify.* */
  sentAllowedFast?(piece: number): void;
  /** *notify.* */
  sentSuggest?(piece: number): void;
  /** *notify.* */
  sentRequest?(request: BlockRequest): void;
  /** *notify.* */
  sentCancel?(request: BlockRequest): void;
  /** *notify.* */
  sentReject?(request: BlockRequest): void;
  /** *notify.* */
  sentPiece?(request: BlockRequest): void;
  /** *notify.* `id` is the remote's id for the message; 0 is the extension handshake. */
  sentExtended?(id: number, payload: Uint8Array): void;
  /** *notify.* So many bytes of content have been handed to the medium. */
  sentPayload?(bytes: number): void;
}
