import type { SettingSpec } from './setting-spec.js';

/** Settings: which peers a torrent remembers, and when they are dialled again. */
export const peerListSettings = {
  maxPeersPerTorrent: {
    type: 'integer',
    default: 3_000,
    unit: 'peers',
    min: 1,
    max: 100_000,
    doc: 'Peers that a torrent knows of, connected or not; past it the one of least use that is not connected is forgotten.',
  },
  maxPeerFailures: {
    type: 'integer',
    default: 3,
    unit: 'failures',
    min: 1,
    max: 100,
    doc: 'Failures in a row after which a peer is not dialled any more.',
  },
  peerRetryDelayMs: {
    type: 'integer',
    default: 60_000,
    unit: 'ms',
    min: 100,
    max: 86_400_000,
    doc: 'Wait before a peer that failed is dialled again; it grows with each failure.',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;
