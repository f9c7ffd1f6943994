import type { SettingSpec } from './setting-spec.js';

const KiB = 1024;

/** Settings: what is asked of peers, and what they may ask. */
export const requestSettings = {
  maxOutstandingRequests: {
    type: 'integer',
    default: 500,
    unit: 'requests',
    min: 1,
    max: 10_000,
    doc: 'Requests of ours under way with one peer; fewer where the peer says so (`reqq`).',
  },
  requestQueueTimeMs: {
    type: 'integer',
    default: 3_000,
    unit: 'ms',
    min: 100,
    max: 60_000,
    doc: 'How much transfer time at the measured rate is kept requested from a peer.',
  },
  requestTimeoutMs: {
    type: 'integer',
    default: 60_000,
    unit: 'ms',
    min: 1_000,
    max: 600_000,
    doc: 'Longest wait for a block before its peer counts as snubbing and the block is asked of others; shortened by what the peer has shown it can do.',
  },
  maxIncomingRequests: {
    type: 'integer',
    default: 2_000,
    unit: 'requests',
    min: 1,
    max: 10_000,
    doc: 'Requests kept queued from one peer, told to it as `reqq` when it connects; further ones are rejected (BEP 6) or dropped.',
  },
  maxRequestLengthBytes: {
    type: 'integer',
    default: 128 * KiB,
    unit: 'bytes',
    min: 16 * KiB,
    max: 128 * KiB,
    doc: 'Longest request that is served; longer ones count as invalid.',
  },
  maxInvalidRequests: {
    type: 'integer',
    default: 300,
    unit: 'requests',
    min: 0,
    max: 100_000,
    doc: 'A peer that has sent more invalid requests than this is disconnected (`PEER_INVALID_REQUESTS`).',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;
