import { SettingsError } from '../common/errors.js';
import {
  defaultSettings,
  type LiveSettings,
  type SettingName,
  type Settings,
  settingsTable,
} from './settings-table.js';
import { mergeSettings } from './validate-settings.js';

/** The settings of a running session. */
export class SettingsInForce {
  readonly #live: { -readonly [Name in SettingName]: Settings[Name] };
  #current: Settings;

  /** Throws {@link SettingsError}. */
  constructor(given: Partial<Settings>) {
    this.#current = mergeSettings(defaultSettings, given);
    this.#live = { ...this.#current };
  }

  /** The settings now and later: one object whose values follow every change. */
  get live(): Settings {
    return this.#live;
  }

  /** The settings now; never changes. */
  get current(): Settings {
    return this.#current;
  }

  /**
   * Changes what is given, all of it or, where it throws, nothing; returns the names of what is different now.
   * Throws {@link SettingsError}: as {@link mergeSettings}, and `SETTING_FIXED`.
   */
  apply(partial: Partial<LiveSettings>): readonly SettingName[] {
    const merged = mergeSettings(this.#current, partial);
    const changed = settingNames.filter((name) => merged[name] !== this.#current[name]);
    for (const name of changed) {
      if (!('isFixed' in settingsTable[name])) continue;
      throw new SettingsError('SETTING_FIXED', `${name} cannot change: a session is made with it`);
    }
    this.#current = merged;
    Object.assign(this.#live, merged);
    return changed;
  }
}

const settingNames = Object.keys(settingsTable) as SettingName[];
