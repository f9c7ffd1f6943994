import type { SettingSpec } from './setting-spec.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Settings: the memory through which blocks pass. */
export const diskSettings = {
  diskPoolBytes: {
    type: 'integer',
    default: 48 * MiB,
    unit: 'bytes',
    min: MiB,
    max: 1_024 * MiB,
    isFixed: true,
    doc: 'Memory through which all blocks pass, in slots of 16 KiB; what is left over is not used.',
  },
  readAheadBytes: {
    type: 'integer',
    default: 256 * KiB,
    unit: 'bytes',
    min: 16 * KiB,
    max: 16 * MiB,
    doc: 'How much is read at once of a piece that a peer is downloading from us. Blocks that are being sent stay as they were read.',
  },
} as const satisfies Readonly<Record<string, SettingSpec>>;
