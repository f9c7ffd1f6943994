/** How a peer became known. Policies and statistics distinguish by it. */
export type PeerSource =
  | 'manual'
  | 'incoming'
  | 'magnet'
  | 'resume'
  | 'tracker'
  | 'pex'
  | 'dht'
  | 'lsd'
  | 'extension';

/** What is known of a peer before it is connected, as peer exchange carries it (BEP 11). */
export interface PeerFlags {
  /** Prefers encrypted connections. */
  readonly prefersEncryption?: boolean;
  /** Is a seed or upload only. */
  readonly isSeed?: boolean;
  /** Accepts uTP. */
  readonly supportsUtp?: boolean;
  /** Supports the holepunch extension. */
  readonly supportsHolepunch?: boolean;
  /** Accepted an outgoing connection of whoever told us. */
  readonly isReachable?: boolean;
}
