import type { AlertHub } from '../alerts/alert-hub.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import type { Endpoint } from '../common/endpoint.js';
import type { Torrent } from '../torrent/torrent.js';
import type { IpFilter } from './ip-filter.js';

/** The IP filter of a session, with what follows from a new one. */
export class SessionIpFilter {
  readonly #alerts: AlertHub;
  readonly #torrents: () => readonly Torrent[];
  #filter: IpFilter | undefined;

  constructor(alerts: AlertHub, torrents: () => readonly Torrent[]) {
    this.#alerts = alerts;
    this.#torrents = torrents;
  }

  get filter(): IpFilter | undefined {
    return this.#filter;
  }

  /** Why an endpoint may not be a peer. */
  refusal({ address }: Endpoint): DisconnectReason | undefined {
    if (this.#filter?.blocks(address) !== true) return undefined;
    return { origin: 'policy', code: 'PEER_FILTERED', message: 'kept out by the IP filter' };
  }

  /** Takes the place of the filter before: connections and known peers that it meets go. */
  set(filter: IpFilter | undefined): void {
    this.#filter = filter;
    let disconnectedCount = 0;
    let forgottenCount = 0;
    for (const torrent of this.#torrents()) {
      for (const peer of torrent.peers.all()) {
        const refusal = this.refusal(peer.state.endpoint);
        if (refusal === undefined || peer.isClosed) continue;
        peer.close(refusal);
        disconnectedCount++;
      }
      forgottenCount += torrent.peers.forget(({ endpoint }) => this.refusal(endpoint) !== undefined);
    }
    const rangeCount = filter?.rangeCount ?? 0;
    this.#alerts.post('ipFilterChanged', { rangeCount, disconnectedCount, forgottenCount });
  }
}
