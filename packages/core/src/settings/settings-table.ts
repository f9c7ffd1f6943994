import { bandwidthSettings } from './bandwidth-settings.js';
import { chokingSettings } from './choking-settings.js';
import { connectionSettings } from './connection-settings.js';
import { diskSettings } from './disk-settings.js';
import { messageSettings } from './message-settings.js';
import { peerListSettings } from './peer-list-settings.js';
import { queueSettings } from './queue-settings.js';
import { requestSettings } from './request-settings.js';
import { sessionSettings } from './session-settings.js';
import type { BooleanSetting, IntegerSetting, SettingSpec } from './setting-spec.js';

/** Settings that belong together, as a page or form shows them. */
export interface SettingGroup {
  /** Name of the group, for people. */
  readonly title: string;
  /** Its settings, by name. */
  readonly settings: Readonly<Record<string, SettingSpec>>;
}

/** Every group of {@link settingsTable}. */
export const settingGroups: readonly SettingGroup[] = [
  { title: 'Session', settings: sessionSettings },
  { title: 'Queue', settings: queueSettings },
  { title: 'Connections', settings: connectionSettings },
  { title: 'Known peers', settings: peerListSettings },
  { title: 'Requests', settings: requestSettings },
  { title: 'Choking', settings: chokingSettings },
  { title: 'Rate limits', settings: bandwidthSettings },
  { title: 'Messages', settings: messageSettings },
  { title: 'Memory and disk', settings: diskSettings },
];

/**
 * Every setting of a session, with what the type {@link Settings}, the validation and the docs page are
 * made from.
 */
export const settingsTable = {
  ...sessionSettings,
  ...queueSettings,
  ...connectionSettings,
  ...peerListSettings,
  ...requestSettings,
  ...chokingSettings,
  ...bandwidthSettings,
  ...messageSettings,
  ...diskSettings,
};

/** Name of a setting. */
export type SettingName = keyof typeof settingsTable;

type ValueOf<Spec extends SettingSpec> = Spec extends IntegerSetting
  ? number
  : Spec extends BooleanSetting
    ? boolean
    : string;

/** A value for every setting; what each means is told by {@link settingsTable}. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof settingsTable)[Name]> };

/** Name of a setting that can change while the session runs. */
export type LiveSettingName = {
  [Name in SettingName]: (typeof settingsTable)[Name] extends { readonly isFixed: true } ? never : Name;
}[SettingName];

/** The settings that can change while the session runs. */
export type LiveSettings = Pick<Settings, LiveSettingName>;

/** The settings of a session that is given none. */
export const defaultSettings: Settings = Object.freeze(
  Object.fromEntries(Object.entries(settingsTable).map(([name, spec]) => [name, spec.default])) as Settings,
);
