/** What the choker knows of a peer. Rates are of block data. */
export interface ChokerPeer {
  /** The peer wants blocks from us. */
  readonly isInterested: boolean;
  readonly isUnchoked: boolean;
  /** It is unchoked in an optimistic slot. */
  readonly isOptimistic: boolean;
  /** Bytes a second that it sends us. */
  readonly downloadRate: number;
  /** Bytes a second that we send it. */
  readonly uploadRate: number;
  /** It unchoked us and still sent nothing for long. */
  readonly isSnubbed: boolean;
  readonly connectedAtMs: number;
  /** When it was last unchoked; 0 where it never was. */
  readonly unchokedAtMs: number;
  readonly uploadedSinceUnchokeBytes: number;
  /** False: it stays choked. */
  readonly canUnchoke: boolean;
  /** What plugins say: higher ones first, ahead of rates. Undefined counts as 0. */
  readonly priority: number | undefined;
}

/** What a choking round is to follow. */
export interface ChokerOptions {
  /** How many peers may be unchoked, optimistic ones included. */
  readonly slots: number;
  readonly isSeeding: boolean;
  readonly nowMs: number;
  /** The peers in optimistic slots had their turn: others get one. */
  readonly rotateOptimistic: boolean;
  /** Seeding: what a peer may get before it waits again, in bytes. */
  readonly roundQuotaBytes: number;
}
