import type { PeerPlugin } from './peer-plugin.js';
import type { SessionPlugin } from './session-plugin.js';
import type { TorrentPlugin } from './torrent-plugin.js';

/**
 * What a hook's return value means.
 *
 * - `create`: the plugin for the level below, or `undefined`.
 * - `state`: the saved value; a throw in saving keeps the one saved before.
 * - `notify`: ignored.
 * - `handled`: `true`: no later plugin sees it and the engine's own handling does not run.
 * - `veto`: `false`: no.
 * - `detach`: `false`: this plugin is detached from this peer (`required`: the peer is disconnected).
 * - `first`: the first plugin that returns a value wins.
 */
export type HookKind = 'create' | 'state' | 'notify' | 'handled' | 'veto' | 'detach' | 'first';

/** A row of a hook table. */
export interface HookRow {
  /** What the return value means. */
  readonly kind: HookKind;
  /** Name of the hook in libtorrent; empty where it has none. */
  readonly libtorrent: string;
  /** When it is called. */
  readonly when: string;
}

type Methods<P> = {
  [K in keyof P as NonNullable<P[K]> extends (...args: never[]) => unknown ? K : never]-?: NonNullable<P[K]>;
};

/** The kinds that fit a hook's signature: a table row of another kind does not compile. */
type KindOf<F> = F extends (...args: never[]) => infer R
  ? [boolean] extends [R]
    ? 'handled' | 'veto' | 'detach'
    : [R] extends [void | Promise<void>]
      ? 'notify' | 'state'
      : 'create' | 'first' | 'state'
  : never;

type HookTable<P> = { readonly [K in keyof Methods<P>]: HookRow & { readonly kind: KindOf<Methods<P>[K]> } };

/** Hooks of {@link SessionPlugin}, in the order of a session's life. */
export const sessionHooks = {
  added: { kind: 'notify', libtorrent: 'added', when: 'when added; before loadState' },
  loadState: {
    kind: 'state',
    libtorrent: 'load_state',
    when: 'after added, where a value was saved under the name',
  },
  newTorrent: {
    kind: 'create',
    libtorrent: 'new_torrent',
    when: 'torrent added, before its torrentAdded alert; for torrents already there when the plugin comes',
  },
  onUnknownTorrent: {
    kind: 'first',
    libtorrent: 'on_unknown_torrent',
    when: 'an incoming handshake for an infohash that is not here',
  },
  onAlert: {
    kind: 'notify',
    libtorrent: 'on_alert',
    when: 'an alert in the alertMask, after the call that raised it',
  },
  onTick: { kind: 'notify', libtorrent: 'on_tick', when: 'about once a second' },
  saveState: { kind: 'state', libtorrent: 'save_state', when: 'session state is saved' },
  removed: {
    kind: 'notify',
    libtorrent: 'abort',
    when: 'removed, or the session stops; a promise is awaited with a deadline',
  },
} as const satisfies HookTable<SessionPlugin>;

/** Hooks of {@link TorrentPlugin}. */
export const torrentHooks = {
  newConnection: {
    kind: 'create',
    libtorrent: 'new_connection',
    when: 'outgoing: before dialling; incoming: after the remote handshake; for connections already there when the plugin comes',
  },
  onPiecePass: {
    kind: 'notify',
    libtorrent: 'on_piece_pass',
    when: 'a downloaded piece passed its hash check and is written',
  },
  onPieceFailed: {
    kind: 'notify',
    libtorrent: 'on_piece_failed',
    when: 'a downloaded piece failed its hash check; its blocks are still readable',
  },
  tick: { kind: 'notify', libtorrent: 'tick', when: 'about once a second' },
  onPause: { kind: 'handled', libtorrent: 'on_pause', when: 'before the engine pauses' },
  onResume: { kind: 'handled', libtorrent: 'on_resume', when: 'before the engine resumes' },
  onFilesChecked: {
    kind: 'notify',
    libtorrent: 'on_files_checked',
    when: 'initial check done; at once when there is nothing to check or the plugin comes later',
  },
  onState: { kind: 'notify', libtorrent: 'on_state', when: 'the torrent state changed' },
  onAddPeer: { kind: 'veto', libtorrent: 'on_add_peer', when: 'a peer candidate arrives from any source' },
  onMetadata: {
    kind: 'notify',
    libtorrent: '',
    when: 'the info dictionary became known later than the torrent was added',
  },
  onPeersErased: { kind: 'notify', libtorrent: '', when: 'peer records were forgotten' },
} as const satisfies HookTable<TorrentPlugin>;

/** Hooks of {@link PeerPlugin}. */
export const peerHooks = {
  onConnected: {
    kind: 'notify',
    libtorrent: 'on_connected',
    when: 'the stream is open; nothing of ours has been sent',
  },
  reservedBits: { kind: 'notify', libtorrent: '', when: 'our handshake is about to be built' },
  onHandshake: {
    kind: 'detach',
    libtorrent: 'on_handshake',
    when: 'the remote handshake has arrived and ours is sent',
  },
  addHandshake: {
    kind: 'notify',
    libtorrent: 'add_handshake',
    when: 'our extension handshake is being built',
  },
  onExtensionHandshake: {
    kind: 'detach',
    libtorrent: 'on_extension_handshake',
    when: 'an extension handshake has arrived; with undefined where the peer has no BEP 10',
  },
  onDisconnect: { kind: 'notify', libtorrent: 'on_disconnect', when: 'the connection is gone' },
  onChoke: { kind: 'handled', libtorrent: 'on_choke', when: 'choke received' },
  onUnchoke: { kind: 'handled', libtorrent: 'on_unchoke', when: 'unchoke received' },
  onInterested: { kind: 'handled', libtorrent: 'on_interested', when: 'interested received' },
  onNotInterested: { kind: 'handled', libtorrent: 'on_not_interested', when: 'not interested received' },
  onHave: { kind: 'handled', libtorrent: 'on_have', when: 'have received, in range' },
  onDontHave: { kind: 'handled', libtorrent: 'on_dont_have', when: 'dont have (BEP 54) received, in range' },
  onBitfield: { kind: 'handled', libtorrent: 'on_bitfield', when: 'bitfield received, of the right length' },
  onHaveAll: { kind: 'handled', libtorrent: 'on_have_all', when: 'have all (BEP 6) received' },
  onHaveNone: { kind: 'handled', libtorrent: 'on_have_none', when: 'have none (BEP 6) received' },
  onAllowedFast: {
    kind: 'handled',
    libtorrent: 'on_allowed_fast',
    when: 'allowed fast (BEP 6) received, in range',
  },
  onSuggest: { kind: 'handled', libtorrent: 'on_suggest', when: 'suggest (BEP 6) received, in range' },
  onPort: { kind: 'handled', libtorrent: '', when: 'port (BEP 5) received' },
  onRequest: {
    kind: 'handled',
    libtorrent: 'on_request',
    when: 'request received, in range, for a piece we have, from a peer that is unchoked and has room in its queue',
  },
  onCancel: {
    kind: 'handled',
    libtorrent: 'on_cancel',
    when: 'cancel received for a request that is queued',
  },
  onReject: {
    kind: 'handled',
    libtorrent: 'on_reject',
    when: 'reject (BEP 6) received for a request of ours',
  },
  onPiece: { kind: 'handled', libtorrent: 'on_piece', when: 'a block that we asked for is complete' },
  onExtended: {
    kind: 'handled',
    libtorrent: 'on_extended',
    when: 'an extension message that no typed channel took',
  },
  onUnknownMessage: {
    kind: 'handled',
    libtorrent: 'on_unknown_message',
    when: 'a message id that the engine does not know',
  },
  onPiecePass: {
    kind: 'notify',
    libtorrent: 'on_piece_pass',
    when: 'a piece to which the peer sent blocks passed',
  },
  onPieceFailed: {
    kind: 'notify',
    libtorrent: 'on_piece_failed',
    when: 'a piece to which the peer sent blocks failed',
  },
  tick: { kind: 'notify', libtorrent: 'tick', when: 'about once a second' },
  writeRequest: { kind: 'handled', libtorrent: 'write_request', when: 'we are about to ask for a block' },
  canUnchoke: { kind: 'veto', libtorrent: '', when: 'the choker considers the peer' },
  unchokePriority: { kind: 'first', libtorrent: 'get_unchoke_priority', when: 'the choker ranks peers' },
  canDisconnect: {
    kind: 'veto',
    libtorrent: 'can_disconnect',
    when: 'before a disconnect by policy that can wait: idle, of no use, torrent paused, checking or in error; never on a protocol error',
  },
  sentChoke: { kind: 'notify', libtorrent: 'sent_choke', when: 'choke queued' },
  sentUnchoke: { kind: 'notify', libtorrent: 'sent_unchoke', when: 'unchoke queued' },
  sentInterested: { kind: 'notify', libtorrent: 'sent_interested', when: 'interested queued' },
  sentNotInterested: { kind: 'notify', libtorrent: 'sent_not_interested', when: 'not interested queued' },
  sentHave: { kind: 'notify', libtorrent: 'sent_have', when: 'have queued' },
  sentDontHave: { kind: 'notify', libtorrent: '', when: 'dont have queued' },
  sentBitfield: { kind: 'notify', libtorrent: '', when: 'bitfield queued' },
  sentHaveAll: { kind: 'notify', libtorrent: 'sent_have_all', when: 'have all queued' },
  sentHaveNone: { kind: 'notify', libtorrent: 'sent_have_none', when: 'have none queued' },
  sentAllowedFast: { kind: 'notify', libtorrent: 'sent_allow_fast', when: 'allowed fast queued' },
  sentSuggest: { kind: 'notify', libtorrent: 'sent_suggest', when: 'suggest queued' },
  sentRequest: { kind: 'notify', libtorrent: 'sent_request', when: 'request queued' },
  sentCancel: { kind: 'notify', libtorrent: 'sent_cancel', when: 'cancel queued' },
  sentReject: { kind: 'notify', libtorrent: 'sent_reject_request', when: 'reject queued' },
  sentPiece: { kind: 'notify', libtorrent: 'sent_piece', when: 'a block queued' },
  sentExtended: {
    kind: 'notify',
    libtorrent: '',
    when: 'an extension message queued, the handshake (id 0) included',
  },
  sentPayload: { kind: 'notify', libtorrent: 'sent_payload', when: 'content handed to the medium' },
} as const satisfies HookTable<PeerPlugin>;

/** Name of a hook of session plugins. */
export type SessionHookName = keyof typeof sessionHooks;
/** Name of a hook of torrent plugins. */
export type TorrentHookName = keyof typeof torrentHooks;
/** Name of a hook of peer plugins. */
export type PeerHookName = keyof typeof peerHooks;
