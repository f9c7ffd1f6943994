import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SettingSpec } from './setting-spec.js';
import { defaultSettings, settingGroups, settingsTable } from './settings-table.js';
import { mergeSettings, validateSettings } from './validate-settings.js';

const rows: [string, SettingSpec][] = Object.entries(settingsTable);

describe('settingsTable', () => {
  it.each(rows)('%s has a sound row', (name, spec) => {
    expect(name).toMatch(/^[a-z][A-Za-z]+$/);
    expect(spec.doc).toMatch(/^[A-Z0-9].*\.$/s);
    expect(defaultSettings).toHaveProperty(name, spec.default);
    if (spec.type !== 'boolean') expect(spec.min).toBeLessThanOrEqual(spec.max);
    if (spec.unit === 'bytes') expect(name).toMatch(/Bytes$/);
    if (spec.unit === 'ms') expect(name).toMatch(/Ms$/);
  });

  it('has every setting in one group', () => {
    const grouped = settingGroups.flatMap(({ settings }) => Object.entries(settings));
    expect(grouped).toEqual(rows);
    expect(new Set(settingGroups.map(({ title }) => title)).size).toBe(settingGroups.length);
  });

  it('has defaults that pass its own validation', () => {
    expect(validateSettings(defaultSettings)).toEqual(defaultSettings);
    expect(mergeSettings(defaultSettings, {})).toEqual(defaultSettings);
    expect(Object.isFrozen(defaultSettings)).toBe(true);
  });

  it('names the version of the package to peers', () => {
    const manifest: { version: string } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect(defaultSettings.clientName).toBe(`Peerloom ${manifest.version}`);
    expect(defaultSettings.peerIdPrefix).toMatch(/^-PL[0-9A-Z]{4}-$/);
  });

  it('sends keep-alives before a peer of the same settings hangs up', () => {
    expect(defaultSettings.keepAliveIntervalMs).toBeLessThanOrEqual(
      defaultSettings.inactivityTimeoutMs - 10_000,
    );
  });
});
