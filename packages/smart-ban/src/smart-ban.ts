import {
  pluginApiVersion,
  type SessionContext,
  type SessionPlugin,
  type TorrentContext,
  type TorrentPlugin,
} from '@peerloom/core/plugin';
import { Evidence } from './evidence.js';
import { GoodPeers } from './good-peers.js';
import { Judge } from './judge.js';
import { type InspectorTools, PieceInspector } from './piece-inspector.js';

/**
 * Bans peers that send wrong data, and nobody else: keeps a digest of each block of a piece that failed with who sent
 * it, and compares once the piece passes.
 *
 * A ban is of the principal where the peer has proved one, else of its address; where another peer shares the address,
 * of its endpoint, and of the address when that had to be done three times in an hour. Posts an alert `banned` of type
 * `plugin` with `piece`, `block`, `reason`, `scope` (`principal`, `address` or `endpoint`) and `principal`.
 */
export class SmartBan implements SessionPlugin {
  readonly name = 'smart-ban';
  readonly apiVersion = pluginApiVersion;
  #tools: InspectorTools | undefined;

  added(session: SessionContext): void {
    const good = new GoodPeers();
    const evidence = new Evidence();
    this.#tools = { key: session.secureRandom.bytes(32), evidence, good, judge: new Judge(session, good) };
    session.gauge('remembered-blocks', () => evidence.size);
  }

  newTorrent(torrent: TorrentContext): TorrentPlugin | undefined {
    return this.#tools && new PieceInspector(torrent, this.#tools);
  }
}
