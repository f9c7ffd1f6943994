import type { SettingSpec } from './setting-spec.js';

/** Settings: whom we serve. */
export const chokingSettings = {
  uploadSlots: {
    type: 'integer',
    default: 8,
    unit: 'peers',
    min: 0,
    max: 10_000,
    doc: 'Peers that are unchoked at once, the optimistic ones included. Not looked at where `uploadSlotsByRate` is on.',
  },
  uploadSlotsByRate: {
    type: 'boolean',
    default: false,
    unit: '',
    doc: 'Whether the number of peers that are unchoked follows what they take: one more than take as much as is asked of each, 1 KiB/s of the first and 2 KiB/s more of each further one (the rate based choker of libtorrent).',
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
