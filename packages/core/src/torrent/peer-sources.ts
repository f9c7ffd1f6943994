import type { PeerSource } from '../common/peer-source.js';

/**
 * How far a source is to be trusted to name peers worth dialling, and how much of the list of known peers
 * it may fill: what strangers say may not crowd out what the user, trackers and peers of ours have shown.
 */
const sources: Readonly<Record<PeerSource, { readonly rank: number; readonly share: number }>> = {
  manual: { rank: 0, share: 1 },
  magnet: { rank: 1, share: 1 },
  resume: { rank: 2, share: 1 },
  lsd: { rank: 3, share: 0.25 },
  tracker: { rank: 4, share: 1 },
  extension: { rank: 5, share: 1 },
  incoming: { rank: 6, share: 0.5 },
  dht: { rank: 7, share: 0.5 },
  pex: { rank: 8, share: 0.5 },
};

/** Sources that a private torrent does not take (BEP 27). */
export const publicSources: ReadonlySet<PeerSource> = new Set(['pex', 'dht', 'lsd']);

/** Lower ones are dialled first. */
export function sourceRank(source: PeerSource): number {
  return sources[source].rank;
}

/** Peers that may be known from the source where `maxPeers` may be in all. */
export function sourceCap(source: PeerSource, maxPeers: number): number {
  return Math.max(1, Math.floor(sources[source].share * maxPeers));
}
