import type { SettingSpec } from './setting-spec.js';

const maxBytesPerSecond = 2 ** 40;

/** Settings: how fast data may move. */
export const bandwidthSettings = {
  downloadLimitBytesPerSecond: {
    type: 'integer',
    default: 0,
    unit: 'bytes a second',
    min: 0,
    max: maxBytesPerSecond,
    doc: 'How much may come in over all connections together, the protocol included; 0: no limit. Torrents share it alike, and the connections of each.',
  },
  uploadLimitBytesPerSecond: {
    type: 'integer',
    default: 0,
    unit: 'bytes a second',
    min: 0,
    max: maxBytesPerSecond,
    doc: 'How much of blocks may go out over all connections together; 0: no limit. Other messages are neither counted nor delayed.',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;
