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
} as const satisfies Readonly<Record<string, SettingSpec>>;
