import { describe, expect, it } from 'vitest';
import { SettingsError } from '../common/errors.js';
import type { SettingSpec } from './setting-spec.js';
import { defaultSettings, settingsTable } from './settings-table.js';
import { mergeSettings, validateSettings } from './validate-settings.js';

const rows: [string, SettingSpec][] = Object.entries(settingsTable);

function codeOf(partial: unknown): string {
  try {
    validateSettings(partial);
  } catch (error) {
    if (error instanceof SettingsError) return error.code;
    throw error;
  }
  return 'none';
}

describe('validateSettings', () => {
  it.each(rows)('takes %s at both ends of its range and nothing past them', (name, spec) => {
    if (spec.type === 'integer') {
      for (const value of [spec.min, spec.max])
        expect(validateSettings({ [name]: value })).toEqual({ [name]: value });
      for (const value of [spec.min - 1, spec.max + 1])
        expect(codeOf({ [name]: value })).toBe('SETTING_RANGE');
      for (const value of [
        spec.default + 0.5,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        `${spec.default}`,
        null,
        true,
      ]) {
        expect(codeOf({ [name]: value })).toBe('SETTING_TYPE');
      }
    } else if (spec.type === 'string') {
      for (const length of [spec.min, spec.max]) {
        expect(validateSettings({ [name]: '-'.repeat(length) })).toEqual({ [name]: '-'.repeat(length) });
      }
      for (const length of [spec.min - 1, spec.max + 1]) {
        expect(codeOf({ [name]: '-'.repeat(length) })).toBe('SETTING_RANGE');
      }
      for (const char of ['\n', '\u007f', 'é', '\u001b']) {
        expect(codeOf({ [name]: char + '-'.repeat(spec.min - 1) })).toBe('SETTING_RANGE');
      }
      for (const value of [1, null, true, []]) expect(codeOf({ [name]: value })).toBe('SETTING_TYPE');
    } else {
      for (const value of [true, false])
        expect(validateSettings({ [name]: value })).toEqual({ [name]: value });
      for (const value of [0, 1, 'true', null]) expect(codeOf({ [name]: value })).toBe('SETTING_TYPE');
    }
  });

  it.each(['maxConnection', 'toString', '__proto__', 'constructor', ''])(
    'refuses the unknown setting %j',
    (name) => {
      expect(codeOf(JSON.parse(`{${JSON.stringify(name)}: 1}`))).toBe('SETTING_UNKNOWN');
    },
  );

  it.each([null, undefined, 1, 'maxConnections', true, [], () => 1])('refuses %s as a whole', (partial) => {
    expect(codeOf(partial)).toBe('SETTING_TYPE');
  });

  it('leaves out what is undefined, and keeps nothing of the object it was given', () => {
    const given = { maxConnections: 5, uploadSlots: undefined };
    const valid = validateSettings(given);
    given.maxConnections = 6;
    expect(valid).toStrictEqual({ maxConnections: 5 });
  });

  it('names setting, value and what is allowed, on one line that is safe to print', () => {
    expect(() => validateSettings({ uploadSlots: 10_001 })).toThrow(
      'uploadSlots is 10001: must be a whole number from 0 to 10000 (peers)',
    );
    expect(() => validateSettings({ dialTimeoutMs: '1\n' })).toThrow(
      "dialTimeoutMs is '1\\u{a}': must be a whole number from 100 to 300000 (ms)",
    );
    expect(() => validateSettings({ peerIdPrefix: 'short' })).toThrow(
      "peerIdPrefix is 'short': must be 8 printable ASCII characters",
    );
    expect(() => validateSettings({ exemptLoopback: 1 })).toThrow(
      'exemptLoopback is 1: must be true or false',
    );
    expect(() => validateSettings({ '\u001b[2J': 1 })).toThrow("there is no setting '\\u{1b}[2J'");
  });
});

describe('mergeSettings', () => {
  it('changes what is given and leaves the rest, and the settings before, as they are', () => {
    const before = mergeSettings(defaultSettings, { uploadSlots: 3 });
    const after = mergeSettings(before, { maxConnections: 7 });
    expect(after).toEqual({ ...defaultSettings, uploadSlots: 3, maxConnections: 7 });
    expect(before.maxConnections).toBe(defaultSettings.maxConnections);
    expect(Object.isFrozen(after)).toBe(true);
  });

  it('refuses send buffer marks that contradict each other, also when one was set before', () => {
    const size = 256 * 1024;
    expect(
      mergeSettings(defaultSettings, { sendBufferLowBytes: size, sendBufferHighBytes: size }),
    ).toMatchObject({
      sendBufferLowBytes: size,
    });
    expect(() => mergeSettings(defaultSettings, { sendBufferLowBytes: size * 4 })).toThrow(
      expect.objectContaining({
        code: 'SETTING_RANGE',
        message: 'sendBufferLowBytes is 1048576: must be at most sendBufferHighBytes, which is 524288',
      }),
    );
    expect(() => mergeSettings(defaultSettings, { bogus: 1 })).toThrow(
      expect.objectContaining({ code: 'SETTING_UNKNOWN' }),
    );
  });
});
