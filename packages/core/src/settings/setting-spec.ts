/** When a change of a setting takes effect. */
interface SettingLife {
  /**
   * A session is made with it, and `applySettings` refuses another value. Otherwise a change holds from then
   * on, as far as `doc` does not say more.
   */
  readonly isFixed?: true;
}

/** A setting that is a whole number from `min` to `max` of `unit`. */
export interface IntegerSetting extends SettingLife {
  readonly type: 'integer';
  readonly default: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** What it does, for the docs page. */
  readonly doc: string;
}

/** A setting that is on or off. */
export interface BooleanSetting extends SettingLife {
  readonly type: 'boolean';
  readonly default: boolean;
  readonly unit: '';
  readonly doc: string;
}

/** A setting that is printable ASCII text of `min` to `max` characters. */
export interface StringSetting extends SettingLife {
  readonly type: 'string';
  readonly default: string;
  readonly unit: 'characters';
  readonly min: number;
  readonly max: number;
  readonly doc: string;
}

/** One row of the table of settings. */
export type SettingSpec = IntegerSetting | BooleanSetting | StringSetting;
