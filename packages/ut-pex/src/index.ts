import type { TorrentPluginFactory } from '@peerloom/core/plugin';
import { utPex } from './ut-pex.js';

export { utPex };

/** Makes the extension for the command line, where it has no options. Throws {@link RangeError} for any. */
export default function fromCommandLine(options: Readonly<Record<string, string>>): TorrentPluginFactory {
  const [name] = Object.keys(options);
  if (name !== undefined) throw new RangeError(`there is no option '${name}'`);
  return utPex();
}
