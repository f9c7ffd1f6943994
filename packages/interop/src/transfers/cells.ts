import { type PayloadName, payloads } from '../arena/payload.js';
import type { AddressFamily } from '../engines/engine.js';
import type { EngineKind } from './engines.js';

/** One transfer between Peerloom and another engine. */
export interface Cell {
  /** What Peerloom does. */
  readonly role: 'downloads' | 'seeds';
  readonly dialler: 'Peerloom' | 'engine';
  readonly payload: PayloadName;
  readonly family: AddressFamily;
  /** Who offers the fast extension (BEP 6), which is in use where both do. */
  readonly fast: 'both' | 'only the engine' | 'only Peerloom';
}

const roles = ['downloads', 'seeds'] as const;

/**
 * The transfers that are tested with an engine: every payload in both roles, dialled from both sides; and of the
 * payload with many files, over IPv6 and without the fast extension of one side likewise.
 */
export function cellsOf(kind: EngineKind): readonly Cell[] {
  const diallers: readonly Cell['dialler'][] = kind.dials ? ['Peerloom', 'engine'] : ['Peerloom'];
  const names = Object.keys(payloads) as PayloadName[];
  const ways: readonly Omit<Cell, 'role' | 'dialler'>[] = [
    ...names.map((payload) => ({ payload, family: 4, fast: 'both' }) as const),
    { payload: 'tree', family: 6, fast: 'both' },
    { payload: 'tree', family: 4, fast: 'only the engine' },
    ...(kind.goesWithoutFast ? ([{ payload: 'tree', family: 4, fast: 'only Peerloom' }] as const) : []),
  ];
  return roles.flatMap((role) =>
    diallers.flatMap((dialler) => ways.map((way) => ({ role, dialler, ...way }))),
  );
}

/** What a test of the cell is called. */
export function describeCell({ role, dialler, payload, family, fast }: Cell, { name }: EngineKind): string {
  const what = `${role} ${payload} ${role === 'downloads' ? 'from' : 'to'} ${name}`;
  const how = [
    `${dialler === 'engine' ? name : dialler} dials`,
    ...(family === 6 ? ['IPv6'] : []),
    ...(fast === 'both'
      ? []
      : [`${fast === 'only the engine' ? name : 'Peerloom'} alone offers the fast extension`]),
  ];
  return `${what}; ${how.join('; ')}`;
}
