import { type Endpoint, InfoHash } from '@peerloom/core/plugin';
import type { AnnounceEvent } from '../protocol/announce-event.js';
import type { AnnounceRequest, SwarmCounts } from './announce.js';

/** The protocol of a request. */
export type TrackerProtocol = 'http' | 'udp';

/** An announce that a tracker server has answered. */
export interface TrackerAnnounce {
  /** How it came. */
  readonly protocol: TrackerProtocol;
  /** Of the torrent that the peer takes part in. */
  readonly infoHash: InfoHash;
  /** Where the peer listens: the address that it announced from, and the port that it named. */
  readonly peer: Endpoint;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /** Why it came. */
  readonly event: AnnounceEvent;
  /** What the peer says that it has sent since it started, in bytes. */
  readonly uploadedBytes: number;
  /** What the peer says that it has received since it started, in bytes. */
  readonly downloadedBytes: number;
  /** What the peer says that it lacks, in bytes; 0 of a seed. */
  readonly leftBytes: number;
  /** Counts of the swarm after it; `undefined` where the announce was refused. */
  readonly counts: SwarmCounts | undefined;
  /** Peers that it was told of. */
  readonly peersTold: number;
  /** Why it was refused, as the peer was told. */
  readonly failure: string | undefined;
}

/** The announce as applications are told of it. */
export function trackerAnnounce(
  protocol: TrackerProtocol,
  { infoHash, peerId, peer, event, uploadedBytes, downloadedBytes, leftBytes }: AnnounceRequest,
  outcome: Pick<TrackerAnnounce, 'counts' | 'peersTold' | 'failure'>,
): TrackerAnnounce {
  return {
    protocol,
    infoHash: InfoHash.fromBytes(Buffer.from(infoHash, 'latin1')),
    peer,
    peerId: new Uint8Array(Buffer.from(peerId, 'latin1')),
    event,
    uploadedBytes,
    downloadedBytes,
    leftBytes,
    ...outcome,
  };
}
