import type { SettingSpec } from './setting-spec.js';

/** Settings: whom we serve. */
export const chokingSettings = {
  uploadSlots: {
    type: 'integer',
    default: 8,
    unit: 'peers',
    min: 0,
    max: 10_000,
    doc: 'Peers that are unchoked at once, the optimistic ones included.',
  },
  unchokeIntervalMs: {
    type: 'integer',
    default: 10_000,
    unit: 'ms',
    min: 1_000,
    max: 600_000,
    doc: 'How often is decided who is unchoked (BEP 3).',
  },
  optimisticIntervalMs: {
    type: 'integer',
    default: 30_000,
    unit: 'ms',
    min: 1_000,
    max: 3_600_000,
    doc: 'How often the optimistic unchoke moves on to another peer (BEP 3).',
  },
  allowedFastSetSize: {
    type: 'integer',
    default: 5,
    unit: 'pieces',
    min: 0,
    max: 64,
    doc: 'Pieces that an interested peer with fewer than this many may fetch while it is choked (BEP 6); 0: none.',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;
