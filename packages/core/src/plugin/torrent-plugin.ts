import type { Endpoint } from '../common/endpoint.js';
import type { PeerSource } from '../common/peer-source.js';
import type { TorrentState } from '../common/torrent-state.js';
import type { TorrentInfo } from '../metainfo/torrent-info.js';
import type { PluginIdentity } from './identity.js';
import type { PeerContext } from './peer-context.js';
import type { PeerPlugin } from './peer-plugin.js';
import type { KnownPeer, TorrentContext } from './torrent-context.js';

/**
 * Hooks of one torrent. Made by {@link SessionPlugin.newTorrent} or a {@link TorrentPluginFactory}. All
 * are optional; kinds as in {@link PeerPlugin}.
 */
export interface TorrentPlugin {
  /**
   * *create.* A connection: outgoing, before it is dialled; incoming, once its handshake has named this
   * torrent. No byte of ours has been sent. `undefined`: not interested. A throw closes the connection.
   */
  newConnection?(peer: PeerContext): PeerPlugin | undefined;
  /** *notify.* A downloaded piece has passed its hash check and is written. */
  onPiecePass?(piece: number): void;
  /**
   * *notify.* A downloaded piece has failed its hash check. Its blocks stay readable during the call,
   * and as long as a `torrent.holdPiece(piece)` taken in it lasts.
   */
  onPieceFailed?(piece: number): void;
  /** *notify.* About once a second. */
  tick?(): void;
  /** *handled.* Before the engine pauses the torrent. */
  onPause?(): boolean | void;
  /** *handled.* Before the engine resumes the torrent. */
  onResume?(): boolean | void;
  /**
   * *notify.* The initial check is done; at once where there is nothing to check, and at once where the
   * plugin came later than that.
   */
  onFilesChecked?(): void;
  /** *notify.* */
  onState?(state: TorrentState): void;
  /** *veto.* A peer candidate arrives. */
  onAddPeer?(endpoint: Endpoint, source: PeerSource): boolean | void;
  /** *notify.* The info dictionary became known. */
  onMetadata?(info: TorrentInfo): void;
  /** *notify.* Records of peers were forgotten. */
  onPeersErased?(peers: readonly KnownPeer[]): void;
}

/**
 * Makes the torrent plugin of one torrent, or `undefined` where it is not interested. A function with a
 * {@link PluginIdentity}: write one with {@link defineTorrentExtension}.
 */
export interface TorrentPluginFactory extends PluginIdentity {
  (torrent: TorrentContext, userData: unknown): TorrentPlugin | undefined;
}

/** Gives a function the identity that makes it a {@link TorrentPluginFactory}. */
export function defineTorrentExtension(
  identity: PluginIdentity,
  create: (torrent: TorrentContext, userData: unknown) => TorrentPlugin | undefined,
): TorrentPluginFactory {
  const factory = (torrent: TorrentContext, userData: unknown) => create(torrent, userData);
  Object.defineProperty(factory, 'name', { value: identity.name });
  const { apiVersion, order, required } = identity;
  return Object.assign(factory, {
    apiVersion,
    ...(order === undefined ? {} : { order }),
    ...(required === undefined ? {} : { required }),
  });
}
