import type { Ban, BanTarget, InfoHash, SessionContext, TorrentContext } from '@peerloom/core/plugin';
import { dropOldest } from './drop-oldest.js';
import type { GoodPeers } from './good-peers.js';
import { connectionKey, type Sender, sameEndpoint, senderOf } from './sender.js';

const hourMs = 3_600_000;
/** Peers of a shared address that are banned within an hour before the whole address is. */
const strikesPerHour = 3;
const maxStruckAddresses = 1024;
const maxClosed = 4096;

/** What a peer has done. */
interface Offence {
  /** The torrent, for which the peer may be connected still. */
  readonly torrent: TorrentContext;
  /** Who did it. */
  readonly sender: Sender;
  /** Of which piece it sent wrong data. */
  readonly piece: number;
  /** Of which block in the piece. */
  readonly block: number;
  /** What it did to it, for people. */
  readonly what: 'sent wrong data' | 'sent two versions of one block';
}

/** Whom a ban meets. */
type Scope = 'principal' | 'address' | 'endpoint';

/** Bans peers, and as little else as can be. */
export class Judge {
  readonly #session: SessionContext;
  readonly #good: GoodPeers;
  /** Connections of which nothing else is known, that were closed for good: keys never come again. */
  readonly #closed = new Set<string>();
  /** When peers of an address that others share were banned, by address. */
  readonly #strikes = new Map<string, number[]>();

  constructor(session: SessionContext, good: GoodPeers) {
    this.#session = session;
    this.#good = good;
  }

  /** Bans who did it, unless it is banned already, closes its connection, and says why in an alert. */
  ban({ torrent, sender, piece, block, what }: Offence): void {
    const session = this.#session;
    if (session.isClosed) return;
    this.#good.forget(sender);
    const isDone = this.#closed.has(sender.key) || session.bans().some((ban) => meets(ban, sender));
    if (!isDone) {
      const reason = reasonOf(what, piece, block, torrent.infoHash);
      const { scope, target, durationMs } = this.#sentence(sender);
      const about = { infoHash: torrent.infoHash, endpoint: sender.endpoint };
      session.postAlert('banned', { piece, block, reason, scope, principal: sender.principal }, about);
      session.ban(target, { reason, ...(durationMs !== undefined && { durationMs }) });
    }
    this.#noteClosed(sender);
    // Where the ban is of an endpoint that the remote no longer claims.
    const peer = torrent.peers().find(({ connectionId }) => connectionId === sender.connectionId);
    if (peer?.isClosed === false) peer.disconnect(what);
  }

  /** One peer is judged once, though it sent wrong data of many pieces. */
  #noteClosed({ key, connectionId }: Sender): void {
    if (key !== connectionKey(connectionId)) return;
    this.#closed.add(key);
    dropOldest(this.#closed, maxClosed);
  }

  /**
   * The principal; else the address; but where others share the address the endpoint only, until that was not enough.
   */
  #sentence(sender: Sender): {
    readonly scope: Scope;
    readonly target: BanTarget;
    readonly durationMs?: number;
  } {
    const { principal, endpoint, listenEndpoint } = sender;
    if (principal !== undefined) return { scope: 'principal', target: { principal } };
    const others = this.#othersAt(sender);
    if (others.length === 0 || this.#strike(endpoint.address)) {
      return { scope: 'address', target: { endpoint } };
    }
    const isOwn =
      listenEndpoint !== undefined &&
      !others.some((other) => other.listenEndpoint && sameEndpoint(other.listenEndpoint, listenEndpoint));
    if (isOwn) return { scope: 'endpoint', target: { endpoint: listenEndpoint, portOnly: true } };
    // Where it listens is not known, or claimed by others too. A port that it dialled from is soon another's.
    return { scope: 'endpoint', target: { endpoint, portOnly: true }, durationMs: hourMs };
  }

  /** Other peers, connected or known to be good, at the address of this one. */
  #othersAt({ key, endpoint }: Sender): readonly Sender[] {
    const connected = this.#session
      .torrents()
      .flatMap((torrent) => torrent.peers())
      .filter((peer) => peer.isReady && peer.endpoint.address === endpoint.address)
      .map(senderOf);
    return [...connected, ...this.#good.at(endpoint.address)].filter((other) => other.key !== key);
  }

  /** Counts a peer of a shared address that is to be banned. True where it is one too many. */
  #strike(address: string): boolean {
    const nowMs = this.#session.clock.now();
    const recent = (this.#strikes.get(address) ?? []).filter((atMs) => atMs > nowMs - hourMs);
    recent.push(nowMs);
    this.#strikes.delete(address);
    if (recent.length >= strikesPerHour) return true;
    this.#strikes.set(address, recent);
    dropOldest(this.#strikes, maxStruckAddresses);
    return false;
  }
}

function reasonOf(what: string, piece: number, block: number, infoHash: InfoHash): string {
  return `${what}: piece ${piece}, block ${block} of ${infoHash.hex}`;
}

function meets({ target }: Ban, { principal, endpoint }: Sender): boolean {
  if ('principal' in target) return target.principal === principal;
  // A ban of its address does not keep out who can prove who it is under another one.
  if (principal !== undefined) return false;
  if (target.portOnly !== true) return target.endpoint.address === endpoint.address;
  // Where it only claims to listen proves nothing: it may have claimed another's.
  return sameEndpoint(target.endpoint, endpoint);
}
