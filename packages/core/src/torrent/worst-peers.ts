/** What is looked at to tell which connection is worth least. Rates are bytes a second of block data. */
export interface PeerWorth {
  readonly connectedAtMs: number;
  readonly isReady: boolean;
  /** The remote wants something from us. */
  readonly isInterested: boolean;
  /** We want something from the remote. */
  readonly weAreInterested: boolean;
  readonly downloaded: { readonly rate: number; readonly total: number };
  readonly uploaded: { readonly rate: number; readonly total: number };
}

/** A connection may show its worth for so long before it gives way to others. */
const trialMs = 60_000;

/**
 * Up to `count` of the connections, those worth least first: where nobody wants anything, then by the rate
 * of what we are after, then by what has passed in all. Those that are young are left out or come last.
 */
export function worstPeers<P>(
  peers: readonly P[],
  worthOf: (peer: P) => PeerWorth,
  options: {
    readonly count: number;
    readonly isSeeding: boolean;
    readonly nowMs: number;
    readonly sparesYoung: boolean;
  },
): readonly P[] {
  const { count, isSeeding, nowMs, sparesYoung } = options;
  const isOnTrial = (peer: P): boolean => nowMs - worthOf(peer).connectedAtMs < trialMs;
  return peers
    .filter((peer) => worthOf(peer).isReady && !(sparesYoung && isOnTrial(peer)))
    .sort((a, b) => Number(isOnTrial(a)) - Number(isOnTrial(b)) || compare(worthOf(a), worthOf(b), isSeeding))
    .slice(0, count);
}

function compare(a: PeerWorth, b: PeerWorth, isSeeding: boolean): number {
  const wanted = (worth: PeerWorth) => (isSeeding ? worth.uploaded : worth.downloaded);
  const byUse = Number(isOfUse(a)) - Number(isOfUse(b));
  const byRate = wanted(a).rate - wanted(b).rate;
  return byUse || byRate || wanted(a).total - wanted(b).total || a.connectedAtMs - b.connectedAtMs;
}

function isOfUse({ isInterested, weAreInterested }: PeerWorth): boolean {
  return isInterested || weAreInterested;
}
