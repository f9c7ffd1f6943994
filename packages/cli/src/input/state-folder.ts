import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where state is kept that belongs to the user rather than to data: `$XDG_STATE_HOME/peerloom`, or
 * `~/.local/state/peerloom` where that variable is not set (XDG base directories).
 */
export function defaultStateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env.XDG_STATE_HOME;
  // By that specification, relative paths are to be ignored.
  const isUsable = base !== undefined && isAbsolute(base);
  return join(isUsable ? base : join(homedir(), '.local', 'state'), 'peerloom');
}
