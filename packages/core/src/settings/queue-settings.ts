import type { SettingSpec } from './setting-spec.js';

/** Settings: how many torrents are active at once. */
export const queueSettings = {
  maxActiveDownloads: {
    type: 'integer',
    default: 3,
    unit: 'torrents',
    min: 0,
    max: 1_000_000,
    doc: 'Torrents that download at once; others wait in the queue. One that has moved next to nothing for a minute does not count.',
  },
  maxActiveSeeds: {
    type: 'integer',
    default: 5,
    unit: 'torrents',
    min: 0,
    max: 1_000_000,
    doc: 'Torrents that have what is wanted of them and serve it, at once; counted like downloads.',
  },
  maxActiveTorrents: {
    type: 'integer',
    default: 500,
    unit: 'torrents',
    min: 0,
    max: 1_000_000,
    doc: 'Torrents that are active at once, slow ones and those that the queue does not manage included.',
  },
  maxActiveChecks: {
    type: 'integer',
    default: 1,
    unit: 'torrents',
    min: 1,
    max: 1_000,
    doc: 'Torrents whose files are checked at once; others wait their turn.',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;
