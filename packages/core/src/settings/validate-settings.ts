import { SettingsError } from '../common/errors.js';
import { printable } from '../common/printable.js';
import type { IntegerSetting, SettingSpec, StringSetting } from './setting-spec.js';
import { type SettingName, type Settings, settingsTable } from './settings-table.js';

/**
 * The settings in `partial`, a plain object from wherever, each checked by itself; those that are
 * `undefined` are left out. Throws {@link SettingsError}: `SETTING_UNKNOWN` for a name that is not in
 * the table, `SETTING_TYPE`, `SETTING_RANGE`.
 */
export function validateSettings(partial: unknown): Partial<Settings> {
  if (typeof partial !== 'object' || partial === null || Array.isArray(partial)) {
    throw new SettingsError('SETTING_TYPE', `settings must be an object, not ${show(partial)}`);
  }
  const valid: Partial<Record<SettingName, number | boolean | string>> = {};
  for (const [name, value] of Object.entries(partial)) {
    if (!isSettingName(name)) {
      throw new SettingsError('SETTING_UNKNOWN', `there is no setting '${printable(name)}'`);
    }
    if (value !== undefined) valid[name] = checked(name, settingsTable[name], value);
  }
  return valid as Partial<Settings>;
}

/**
 * `current` with the settings in `partial` put in, frozen. Throws as {@link validateSettings} does, and
 * `SETTING_RANGE` where two settings contradict each other.
 */
export function mergeSettings(current: Settings, partial: unknown): Settings {
  const merged: Settings = { ...current, ...validateSettings(partial) };
  const { sendBufferLowBytes: low, sendBufferHighBytes: high } = merged;
  if (low > high) {
    throw new SettingsError(
      'SETTING_RANGE',
      `sendBufferLowBytes is ${low}: must be at most sendBufferHighBytes, which is ${high}`,
    );
  }
  return Object.freeze(merged);
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingsTable, name);
}

function checked(name: SettingName, spec: SettingSpec, value: unknown): number | boolean | string {
  switch (spec.type) {
    case 'integer':
      return checkedInteger(name, spec, value);
    case 'string':
      return checkedString(name, spec, value);
    case 'boolean':
      if (typeof value !== 'boolean') throw typeError(name, value, 'true or false');
      return value;
  }
}

function checkedInteger(name: SettingName, { min, max, unit }: IntegerSetting, value: unknown): number {
  const allowed = `a whole number from ${min} to ${max} (${unit})`;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw typeError(name, value, allowed);
  if (value < min || value > max) throw rangeError(name, value, allowed);
  return value;
}

function checkedString(name: SettingName, { min, max }: StringSetting, value: unknown): string {
  const count = min === max ? `${min}` : `${min} to ${max}`;
  const allowed = `${count} printable ASCII characters`;
  if (typeof value !== 'string') throw typeError(name, value, allowed);
  const isInRange = value.length >= min && value.length <= max && /^[\x20-\x7e]*$/.test(value);
  if (!isInRange) throw rangeError(name, value, allowed);
  return value;
}

function typeError(name: SettingName, value: unknown, allowed: string): SettingsError {
  return new SettingsError('SETTING_TYPE', `${name} is ${show(value)}: must be ${allowed}`);
}

function rangeError(name: SettingName, value: unknown, allowed: string): SettingsError {
  return new SettingsError('SETTING_RANGE', `${name} is ${show(value)}: must be ${allowed}`);
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${printable(value)}'`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
