import {
  type BlockRequest,
  type Counter,
  defineTorrentExtension,
  type PeerContext,
  type PeerPlugin,
  pluginApiVersion,
  type TorrentContext,
  type TorrentPlugin,
  type TorrentPluginFactory,
} from '@peerloom/core/plugin';

/** Whom a piece was given to. */
interface Grant {
  readonly peer: PeerContext;
  /** When it was last sent a block of it. */
  sentAtMs: number;
}

/** How long a piece stays with who got it before another may have it as well. */
const patienceMs = 30_000;

/** Answers `request` in place of the engine: what one peer was given, the others are to get from that one. */
class GiveOnce implements TorrentPlugin {
  readonly #torrent: TorrentContext;
  readonly #grants = new Map<number, Grant>();
  readonly #refusals: Counter;

  constructor(torrent: TorrentContext) {
    this.#torrent = torrent;
    this.#refusals = torrent.session.counter('refusedRequests');
  }

  newConnection(peer: PeerContext): PeerPlugin {
    return {
      onRequest: (request) => this.#answer(request, peer),
      sentPiece: ({ piece }) => {
        const grant = this.#grants.get(piece);
        if (grant?.peer === peer) grant.sentAtMs = peer.clock.now();
      },
    };
  }

  /** `true`: the request has been answered, with a reject; the engine does not see it. */
  #answer({ piece, begin, length }: BlockRequest, peer: PeerContext): boolean {
    // Without the fast extension (BEP 6) nothing can be refused.
    if (this.#isFreeFor(piece, peer) || peer.reserved?.fast !== true) return false;
    peer.send({ type: 'reject', piece, begin, length });
    this.#refusals.add(1);
    return true;
  }

  #isFreeFor(piece: number, peer: PeerContext): boolean {
    const nowMs = this.#torrent.clock.now();
    const grant = this.#grants.get(piece);
    if (grant?.peer === peer) return true;
    // Who has everything leaves us, but not the others.
    const isThere = grant !== undefined && (!grant.peer.isClosed || grant.peer.isSeed);
    if (isThere && nowMs - grant.sentAtMs < patienceMs) return false;
    this.#grants.set(piece, { peer, sentAtMs: nowMs });
    return true;
  }
}

/**
 * Gives each piece to one peer, and refuses it to the others, which then get it from that one: the seed of a new
 * torrent sends its data about once, however many want it. What BEP 16 is for, without hiding what is had. A peer
 * that leaves unfinished, or keeps a piece to itself for half a minute, frees it for another.
 */
export function giveOnce(): TorrentPluginFactory {
  const identity = { name: 'give-once', apiVersion: pluginApiVersion };
  return defineTorrentExtension(identity, (torrent) => new GiveOnce(torrent));
}
