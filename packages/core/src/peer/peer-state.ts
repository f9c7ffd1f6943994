import type { Bitfield } from '../common/bitfield.js';
import type { Endpoint } from '../common/endpoint.js';
import { limits } from '../common/limits.js';
import type { PeerSource } from '../common/peer-source.js';
import type { PeerIdentity } from '../plugin/torrent-context.js';
import type { ReadonlyReservedBits } from '../wire/reserved-bits.js';
import { type RateMeter, TransferMeters } from './rate-meter.js';

/**
 * Where a connection is in its life. `ready` means that both handshakes are done, no hold is open and our
 * state has been sent.
 */
export type PeerPhase = 'connecting' | 'handshaking' | 'held' | 'ready' | 'closed';

/** What is known of one connection. Data only: the parts of a connection share it. */
export class PeerState implements PeerIdentity {
  readonly connectionId: number;
  readonly endpoint: Endpoint;
  readonly source: PeerSource;
  readonly isOutgoing: boolean;
  /** `tcp` until the stream says otherwise. */
  transport = 'tcp';
  readonly connectedAtMs: number;
  /** When the stream was open. */
  openedAtMs = 0;

  phase: PeerPhase = 'connecting';
  listenEndpoint: Endpoint | undefined;
  id: Uint8Array | undefined;
  localId: Uint8Array;
  client: string | undefined;
  principal: string | undefined;
  reserved: ReadonlyReservedBits | undefined;
  localReserved: ReadonlyReservedBits | undefined;
  supportsExtensions: boolean | undefined;
  supportsFast = false;

  isChoked = true;
  isInterested = false;
  isChokingUs = true;
  weAreInterested = false;
  isUploadOnly = false;
  isOptimistic = false;
  isSnubbed = false;
  unchokedAtMs = 0;
  uploadedAtUnchokeBytes = 0;
  lastPieceAtMs = 0;
  lastReceivedAtMs: number;
  lastSentAtMs: number;

  /** What the remote has; `undefined` before metadata. */
  pieces: Bitfield | undefined;
  /** Whether the remote has said what it has. */
  hasToldPieces = false;
  /** Whether the picker counts it as a peer that has everything. */
  isCountedAsSeed = false;
  /** Pieces that it has and we still want. */
  interestingCount = 0;
  /** BEP 6: may be asked for while choked. */
  readonly allowedFast: number[] = [];
  /** BEP 6, newest last. */
  readonly suggested: number[] = [];
  /** How many requests the remote keeps queued (BEP 10 `reqq`). */
  requestQueue: number;

  readonly meters: TransferMeters;
  hashFailures = 0;
  invalidRequests = 0;
  unknownMessages = 0;

  constructor(options: {
    readonly connectionId: number;
    readonly endpoint: Endpoint;
    readonly listenEndpoint: Endpoint | undefined;
    readonly source: PeerSource;
    readonly isOutgoing: boolean;
    readonly localId: Uint8Array;
    readonly nowMs: number;
    /** Of the torrent. */
    readonly totals: TransferMeters;
  }) {
    this.connectionId = options.connectionId;
    this.endpoint = options.endpoint;
    this.listenEndpoint = options.listenEndpoint;
    this.source = options.source;
    this.isOutgoing = options.isOutgoing;
    this.localId = options.localId;
    this.connectedAtMs = options.nowMs;
    this.lastReceivedAtMs = options.nowMs;
    this.lastSentAtMs = options.nowMs;
    this.requestQueue = limits.defaultRequestQueue;
    this.meters = new TransferMeters(options.totals);
  }

  get downloaded(): RateMeter {
    return this.meters.downloaded;
  }

  get uploaded(): RateMeter {
    return this.meters.uploaded;
  }

  get isClosed(): boolean {
    return this.phase === 'closed';
  }

  get isReady(): boolean {
    return this.phase === 'ready';
  }

  get isSeed(): boolean {
    return this.pieces?.isFull === true && this.pieces.length > 0;
  }
}
