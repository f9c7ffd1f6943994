import type { TorrentBandwidth } from '../bandwidth/torrent-bandwidth.js';
import type { ReadonlyBitfield } from '../common/bitfield.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { Connection } from '../ports/network.js';
import type { KeptBudget } from './kept-messages.js';
import type { PeerState } from './peer-state.js';
import type { RemotePiecesOwner } from './remote-pieces.js';
import type { DownloadOwner } from './request-pipeline.js';
import type { UploadOwner } from './upload-queue.js';

/** What a connection asks of its torrent. */
export interface PeerOwner extends DownloadOwner, UploadOwner, RemotePiecesOwner {
  readonly keptBudget: KeptBudget;
  readonly bandwidth: TorrentBandwidth;
  /** What we have and may say so; `undefined` while that is not known. */
  readonly announcedPieces: ReadonlyBitfield | undefined;
  /** Whether we will download nothing more (BEP 21). */
  readonly isUploadOnly: boolean;
  /** Starts connecting to an outgoing peer. */
  dial(peer: PeerState): Connection;
  /** Both handshakes are done and no hold is open: a reason to refuse the peer after all, or `undefined`. */
  admit(peer: PeerState): DisconnectReason | undefined;
  /** The remote is interested, or no longer. */
  interestChanged(peer: PeerState): void;
  /** The remote will download nothing more, or goes on to (BEP 21). */
  uploadOnlyChanged(peer: PeerState): void;
  /** The remote has told where it listens. */
  listenEndpointKnown(peer: PeerState): void;
  /** Called once, last. */
  peerClosed(peer: PeerState, reason: DisconnectReason, wasReady: boolean): void;
  /** A dialled stream is open, or will never be. */
  dialSettled(peer: PeerState): void;
  /** A required plugin has failed on the connection, which is closed for it. */
  requiredPeerFault(scope: PluginScope): void;
}
