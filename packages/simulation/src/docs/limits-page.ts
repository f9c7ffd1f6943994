import { limitsTable, remoteLimitSettings, settingsTable } from '@peerloom/core';
import { type AnyLimit, type LimitTest, limitTests } from './limit-tests.js';
import { table } from './markdown.js';
import { formatQuantity } from './quantity.js';
import { defaultOf } from './settings-page.js';

/** The limits that are fixed, with the test at the edge of each. */
export function fixedLimits(): string {
  const rows = Object.entries(limitsTable).map(([name, { value, unit, doc }]) => [
    `\`${name}\``,
    formatQuantity(value, unit),
    doc,
    linkTo(name as AnyLimit),
  ]);
  return table(['limit', 'value', 'what is limited, and what happens past it', 'shown by'], rows);
}

/** The settings that bound what a remote can do, with the test at the edge of each. */
export function remoteLimits(): string {
  const rows = remoteLimitSettings.map((name) => [
    `\`${name}\``,
    defaultOf(settingsTable[name]),
    settingsTable[name].doc,
    linkTo(name),
  ]);
  return table(['setting', 'default', 'what is limited, and what happens past it', 'shown by'], rows);
}

function linkTo(name: AnyLimit): string {
  const test = (limitTests as Readonly<Partial<Record<AnyLimit, LimitTest>>>)[name];
  return test === undefined ? '–' : `[${test.title}](../packages/${test.file})`;
}
