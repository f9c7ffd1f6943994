import type { CleanTrials } from './clean-trials.js';
import type { ComplianceCase } from './compliance-case.js';
import type { CatalogRow } from './hook-catalog.js';
import { hookDrivers } from './hook-drivers.js';
import { InterferenceCases } from './interference-cases.js';
import { kindCase } from './kind-cases.js';
import {
  check,
  checkClean,
  checkDone,
  hasDisconnected,
  isBroadcast,
  type Subject,
  type Trial,
} from './trial.js';

/** Kinds whose hooks return a boolean or nothing. */
const booleanKinds: readonly string[] = ['handled', 'veto', 'detach'];

/** The cases of one row of the hook tables. */
export function casesOfHook(row: CatalogRow, subject: Subject, clean: CleanTrials): ComplianceCase[] {
  const group = row.id;
  const interference = new InterferenceCases(row, subject, clean);
  return [
    {
      group,
      name: `is called: ${row.when}`,
      run: async () => checkCalled(row, await clean.of(hookDrivers[row.id])),
    },
    kindCase(row, subject, clean),
    { group, name: 'may throw', run: () => interference.throws() },
    { group, name: 'may disconnect peers', run: () => interference.disconnects() },
    { group, name: 'may have its torrent removed', run: () => interference.removesTorrent() },
    { group, name: 'may have its extension removed', run: () => interference.removesExtension() },
  ];
}

function checkCalled(row: CatalogRow, trial: Trial): void {
  const { arena } = trial;
  checkClean(trial);
  checkDone(trial);
  const before = arena.before.log.of(row.id).length;
  check(before > 0, `${row.id} was never called: something keeps it from happening`);
  for (const { result } of arena.log.of(row.id)) {
    const isRight = !booleanKinds.includes(row.kind) || result === undefined || typeof result === 'boolean';
    check(isRight, `${row.id} returned ${String(result)}: a '${row.kind}' hook returns a boolean or nothing`);
  }
  checkChain(row, trial, before);
}

/** What comes after the extension sees what it leaves, and nothing else. */
function checkChain(row: CatalogRow, { arena }: Trial, before: number): void {
  if (isBroadcast(row)) return;
  const after = arena.after.log.of(row.id).length;
  const stops = (result: unknown): boolean => (row.kind === 'handled' ? result === true : result === false);
  const stopped = booleanKinds.slice(0, 2).includes(row.kind)
    ? arena.log.of(row.id).filter(({ result }) => stops(result)).length
    : 0;
  check(
    after <= before - stopped,
    `${after} of ${before} calls went past the extension, which stopped ${stopped}`,
  );
  if (row.kind === 'first' || hasDisconnected(arena)) return;
  check(after === before - stopped, `only ${after} of ${before} calls went past the extension`);
}
