import { TestingError } from '../testing-error.js';
import type { ComplianceRole } from './arena.js';
import { CleanTrials } from './clean-trials.js';
import type { ComplianceCase } from './compliance-case.js';
import { generalCases } from './general-cases.js';
import { casesOfHook } from './hook-cases.js';
import { hookCatalog } from './hook-catalog.js';
import type { Extension } from './instrument.js';
import { ownershipCases } from './ownership-cases.js';

/** Options of {@link runComplianceSuite}. */
export interface ComplianceOptions {
  /** Title of the suite. Default: the extension's name. */
  readonly title?: string;
  /** Handed to the extension with every torrent. */
  readonly userData?: unknown;
  /**
   * Cases that this extension cannot meet by its nature, and why: a group such as `peer.onPort`, or a group and
   * a case, `peer.onPort: true stops the chain`. They are shown as skipped.
   */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/** Makes an extension, fresh each time. Those of different roles meet in one swarm. */
export type CreateExtension = (role: ComplianceRole) => Extension;

// Loaded only where tests run: the rest of the package works without it.
const vitest = process.env.VITEST === undefined ? undefined : await import('vitest');

/**
 * The cases of the compliance suite, for other test runners: one for each way in which each hook can be used,
 * and those that concern the extension as a whole.
 */
export function complianceCases(
  createExtension: CreateExtension,
  options: Pick<ComplianceOptions, 'userData'> = {},
): readonly ComplianceCase[] {
  const subject = { createExtension, userData: options.userData };
  const clean = new CleanTrials(subject);
  const isSessionPlugin = typeof createExtension('local') !== 'function';
  const rows = hookCatalog.filter(({ level }) => isSessionPlugin || level !== 'session');
  return [
    ...generalCases(subject, clean),
    ...ownershipCases(subject),
    ...rows.flatMap((row) => casesOfHook(row, subject, clean)),
  ];
}

/**
 * Defines the compliance suite for an extension, in a test file of vitest:
 * `runComplianceSuite(() => new MyExtension())`. Whole swarms run in memory and virtual time; nothing is
 * random. Throws `TESTING_COMPLIANCE` outside of vitest, and for exceptions that name no case.
 */
export function runComplianceSuite(createExtension: CreateExtension, options: ComplianceOptions = {}): void {
  if (vitest === undefined) {
    throw new TestingError('TESTING_COMPLIANCE', 'not in vitest: run complianceCases() by hand');
  }
  const { describe, it } = vitest;
  const cases = complianceCases(createExtension, options);
  const exceptions = new Map(Object.entries(options.exceptions ?? {}));
  checkExceptions(exceptions, cases);
  const groups = new Set(cases.map(({ group }) => group));
  describe(`compliance of ${options.title ?? createExtension('local').name}`, () => {
    for (const group of groups) {
      describe(group, () => {
        for (const one of cases.filter((other) => other.group === group)) {
          const reason = exceptions.get(group) ?? exceptions.get(titleOf(one));
          if (reason === undefined) it(one.name, one.run, caseTimeoutMs);
          else it.skip(`${one.name} (${reason})`, one.run);
        }
      });
    }
  });
}

/** Real time, generous: a case is fast, but machines are shared. */
const caseTimeoutMs = 60_000;

function titleOf({ group, name }: ComplianceCase): string {
  return `${group}: ${name}`;
}

function checkExceptions(exceptions: ReadonlyMap<string, string>, cases: readonly ComplianceCase[]): void {
  const known = new Set(cases.flatMap((one) => [one.group, titleOf(one)]));
  const unknown = [...exceptions.keys()].filter((key) => !known.has(key));
  if (unknown.length > 0) {
    throw new TestingError('TESTING_COMPLIANCE', `exceptions that name no case: ${unknown.join('; ')}`);
  }
}
