import { escapeText } from './escape-text.js';
import type { Output } from './output.js';
import { writeJson } from './summary.js';

/** Something that is not as it should be, and does not end the command. */
interface Warning {
  readonly code: string;
  readonly message: string;
}

/** Tells of something that does not end the command. */
export type Warn = (warning: Warning) => void;

/** Tells warnings in one line each: on standard error, or with `--json` as an object of type `warning`. */
export function makeWarn(output: Output, isJson: boolean): Warn {
  return ({ code, message }) => {
    if (isJson) writeJson(output, { type: 'warning', code, message });
    else output.problem(`peerloom: warning: ${escapeText(message)} (${code})`);
  };
}
