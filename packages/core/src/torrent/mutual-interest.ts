import type { PeerConnection } from '../peer/peer-connection.js';
import type { PeerState } from '../peer/peer-state.js';
import type { TorrentPeers } from './torrent-peers.js';

/** What telling who needs whom asks of the torrent. */
export interface MutualInterestOwner {
  readonly peers: TorrentPeers;
  readonly data: { readonly isChecked: boolean };
  readonly isUploadOnly: boolean;
}

/** Tells remotes whether we want something of theirs, and ends connections that are of no use to anybody. */
export class MutualInterest {
  readonly #owner: MutualInterestOwner;

  constructor(owner: MutualInterestOwner) {
    this.#owner = owner;
  }

  /** The remote has, or no longer has, something that we want. */
  wantChanged(state: PeerState): void {
    const peer = this.#owner.peers.byId(state.connectionId);
    if (peer === undefined || peer.isClosed || !state.isReady || !this.#owner.data.isChecked) return;
    if (state.interestingCount > 0 !== state.weAreInterested) {
      if (state.weAreInterested) peer.sender.notInterested();
      else peer.sender.interested();
    }
    if (state.weAreInterested) peer.requestMore();
    else this.dropUseless(peer);
  }

  /** The remote will download nothing more, or goes on to (BEP 21). */
  uploadOnlyChanged(state: PeerState): void {
    const peer = this.#owner.peers.byId(state.connectionId);
    if (peer) this.dropUseless(peer);
  }

  /** We will download nothing more, or go on to: remotes are told (BEP 21), and left where that makes them useless. */
  doneChanged(): void {
    for (const peer of this.#owner.peers.all()) {
      peer.extensions.announceChanges();
      if (this.#owner.isUploadOnly) this.dropUseless(peer);
    }
  }

  /** With one that takes nothing there is nothing to do where it has nothing that we want. */
  dropUseless(peer: PeerConnection): void {
    const { state } = peer;
    if (!state.isReady || !this.#owner.data.isChecked || !(state.isSeed || state.isUploadOnly)) return;
    if (this.#owner.isUploadOnly) {
      this.#owner.peers.markSeed(state);
      const message = 'neither side needs anything';
      peer.disconnect({ origin: 'policy', code: 'PEER_BOTH_SEEDS', message });
    } else if (state.hasToldPieces && state.pieces?.isEmpty === false && state.interestingCount === 0) {
      const message = 'it only uploads, and has nothing that we want';
      peer.disconnect({ origin: 'policy', code: 'PEER_UNINTERESTING', message });
    }
  }
}
