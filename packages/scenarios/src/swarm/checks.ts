import type { ScenarioCheck, ScenarioFigure, ScenarioResult } from '../scenario.js';

/** The check that all of a number are as they should be; of none, it fails. */
export function countCheck(name: string, label: string, count: number, total: number): ScenarioCheck {
  return { name, label, isPassed: count === total && total > 0, seen: `${count} of ${total}` };
}

/** The check that there is nothing of what there must not be. */
export function noneCheck(name: string, label: string, count: number): ScenarioCheck {
  return { name, label, isPassed: count === 0, seen: String(count) };
}

/** The check that there is any of what there should be. */
export function someCheck(name: string, label: string, count: number): ScenarioCheck {
  return { name, label, isPassed: count > 0, seen: String(count) };
}

/** A result that has passed where every check has. */
export function resultOf(
  checks: readonly ScenarioCheck[],
  figures: readonly ScenarioFigure[],
): ScenarioResult {
  return { isPassed: checks.every(({ isPassed }) => isPassed), checks, figures };
}
