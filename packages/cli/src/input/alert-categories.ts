import { type AlertCategory, alertCategories, alertMask, defaultAlertMask } from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

/** The value of `--alerts`: categories to add to the usual ones, as a mask. Throws {@link CliError}. */
export function parseAlertCategories(text: string): number {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isCategory(name));
  if (unknown === undefined) return defaultAlertMask | alertMask(...names.filter(isCategory));
  const known = Object.keys(alertCategories).join(', ');
  throw new CliError('CLI_ALERTS', `--alerts '${escapeText(unknown)}': not one of ${known}`);
}

function isCategory(name: string): name is AlertCategory {
  return Object.hasOwn(alertCategories, name);
}
