import type { Endpoint } from '@peerloom/core/plugin';
import type { AnnounceEvent } from '../protocol/announce-event.js';

/** An announce whose fields are all valid, whichever protocol it came by. */
export interface AnnounceRequest {
  /** 20 bytes, one character each. */
  readonly infoHash: string;
  /** 20 bytes, one character each. */
  readonly peerId: string;
  /** Where it listens: the address that it announced from, and the port that it named. */
  readonly peer: Endpoint;
  readonly event: AnnounceEvent;
  /** Bytes, as are the other two; figures beyond 2^53 - 1 count as that. */
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  readonly leftBytes: number;
  /** Peers that it asks for; `undefined` where it leaves that to the tracker. */
  readonly wantedPeers: number | undefined;
}

/** Counts of a swarm, as scrapes tell them (BEP 48). */
export interface SwarmCounts {
  /** Seeds. */
  readonly complete: number;
  /** Peers that are no seeds. */
  readonly incomplete: number;
  /** How often the download was completed. */
  readonly downloaded: number;
}
