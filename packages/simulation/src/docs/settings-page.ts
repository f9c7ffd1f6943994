import { type SettingSpec, settingGroups } from '@peerloom/core';
import { table } from './markdown.js';
import { formatQuantity, formatRange } from './quantity.js';
import { readRepositoryFile } from './repository.js';

const { version } = JSON.parse(readRepositoryFile('packages/core/package.json')) as { version: string };

/** A section for each group of settings, with a table of them. */
export function settingsSections(): string {
  const sections = settingGroups.map(({ title, settings }) => {
    const rows = Object.entries(settings).map(([name, spec]) => [
      `\`${name}\``,
      spec.type,
      defaultOf(spec),
      rangeOf(spec),
      'isFixed' in spec ? `${spec.doc} Needs a new session.` : spec.doc,
    ]);
    return `## ${title}\n\n${table(['setting', 'type', 'default', 'range', 'what it does'], rows)}`;
  });
  return sections.join('\n\n');
}

/** The default of a setting as people read it. A release does not change it, so it has no version in it. */
export function defaultOf(spec: SettingSpec): string {
  if (spec.type === 'integer') return formatQuantity(spec.default, spec.unit);
  if (spec.type === 'boolean') return `\`${spec.default}\``;
  return `\`${spec.default.replace(version, 'VERSION')}\``;
}

function rangeOf(spec: SettingSpec): string {
  return spec.type === 'boolean' ? '–' : formatRange(spec.min, spec.max, spec.unit);
}
