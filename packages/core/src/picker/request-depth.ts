/** What the number of requests kept under way at one peer follows from. */
export interface RequestDepthInput {
  /** Block data that the peer sent lately, in bytes a second. */
  readonly rateBytesPerSecond: number;
  /** For how long the requests under way should keep the peer busy; longer than any round trip. */
  readonly queueTimeMs: number;
  /** Bytes of a block. */
  readonly blockLength: number;
  /** How many requests the peer says it queues (`reqq`, BEP 10); undefined where it says nothing. */
  readonly peerReqq: number | undefined;
  /** The most requests that are kept under way at any peer. */
  readonly max: number;
  /** Nothing came from the peer for long: it is asked for one block at a time. */
  readonly isSnubbed: boolean;
  /** The rate is still growing, see {@link staysInSlowStart}. */
  readonly isSlowStart: boolean;
  /** Blocks received since slow start began. */
  readonly slowStartBlocks: number;
}

/** Requests with which slow start begins. */
const initialDepth = 4;
/** Even of the slowest peer, so that one block is on its way while the next is asked for. */
const smallestDepth = 2;
/** Growth below which slow start ends, in bytes a second from one second to the next, as in libtorrent. */
const slowStartGrowth = 5_000;

/**
 * How many requests to keep under way at a peer: what it sends in the queue time. In slow start each
 * block received adds one, so that the depth doubles every round trip until the rate is known. At least
 * 1, at most `max` and `peerReqq`.
 */
export function requestDepth(input: RequestDepthInput): number {
  if (input.isSnubbed) return 1;
  const limit = Math.max(1, Math.min(input.max, input.peerReqq ?? input.max));
  const queuedBytes = (input.rateBytesPerSecond * input.queueTimeMs) / 1_000;
  const byRate = Math.max(smallestDepth, Math.ceil(queuedBytes / input.blockLength));
  const depth = input.isSlowStart ? Math.max(byRate, initialDepth + input.slowStartBlocks) : byRate;
  return Math.min(limit, depth);
}

/**
 * Whether slow start, which begins when the peer unchokes us, goes on; asked once a second with the bytes
 * received in the second before and in this one. It ends when the rate no longer grows, and not before
 * anything came.
 */
export function staysInSlowStart(previousSecondBytes: number, lastSecondBytes: number): boolean {
  return previousSecondBytes === 0 || lastSecondBytes - previousSecondBytes > slowStartGrowth;
}
