import manifest from '../../package.json' with { type: 'json' };
import type { SettingSpec } from './setting-spec.js';

/** Settings: how the session names itself, what it keeps for readers and how it ends. */
export const sessionSettings = {
  clientName: {
    type: 'string',
    default: `Peerloom ${manifest.version}`,
    unit: 'characters',
    min: 1,
    max: 64,
    doc: 'Name and version told to peers in the extension handshake (`v` of BEP 10), when they connect.',
  },
  peerIdPrefix: {
    type: 'string',
    default: '-PL0001-',
    unit: 'characters',
    min: 8,
    max: 8,
    isFixed: true,
    doc: 'First characters of our peer id, in the form of BEP 20; the other twelve bytes are random.',
  },
  alertQueueSize: {
    type: 'integer',
    default: 10_000,
    unit: 'alerts',
    min: 1,
    max: 1_000_000,
    doc: 'Alerts kept for each reader; when it is full further ones are dropped and counted. Readers that ask for a size of their own keep it.',
  },
  stopDeadlineMs: {
    type: 'integer',
    default: 5_000,
    unit: 'ms',
    min: 0,
    max: 600_000,
    doc: 'How long stopping the session may take before connections and files are closed as they are.',
  },
  pluginRemoveDeadlineMs: {
    type: 'integer',
    default: 5_000,
    unit: 'ms',
    min: 0,
    max: 600_000,
    doc: 'How long the promise of a plugin that is being removed is waited for.',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;
