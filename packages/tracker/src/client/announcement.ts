import type { Endpoint, InfoHash } from '@peerloom/core/plugin';
import type { AnnounceEvent } from '../protocol/announce-event.js';
import type { TrackerUrl } from './tracker-url.js';

/** Where a request goes: an address that was checked. */
export interface TrackerRoute {
  readonly url: TrackerUrl;
  readonly remote: Endpoint;
  /** Address of ours that it is to come from; `undefined`: whichever the system takes. */
  readonly localAddress: string | undefined;
}

/** What a tracker is told of us (BEP 3). */
export interface Announcement {
  readonly infoHash: InfoHash;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /** Where we listen; 1 where we do not. */
  readonly port: number;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  readonly leftBytes: number;
  /** Bytes that came and were wrong. */
  readonly corruptBytes: number;
  readonly event: AnnounceEvent;
  /** 32 bits by which the tracker knows us when our address changes (BEP 7). */
  readonly key: number;
  readonly numWant: number;
  /** What the tracker called itself last time. */
  readonly trackerId: Uint8Array | undefined;
}

/** What a tracker answers to an announcement. Numbers that it did not give are `undefined`. */
export interface AnnounceReply {
  readonly intervalMs: number | undefined;
  readonly minIntervalMs: number | undefined;
  readonly seeders: number | undefined;
  readonly leechers: number | undefined;
  readonly completed: number | undefined;
  readonly trackerId: Uint8Array | undefined;
  readonly warning: string | undefined;
  readonly peers: readonly Endpoint[];
}

/** Peers that are taken of one reply; further ones are left out. */
export const maxPeersOfReply = 1000;
