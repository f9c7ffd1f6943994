import { SmartBan } from './smart-ban.js';

export { SmartBan };

/** Makes the extension for the command line, where it has no options. Throws {@link RangeError} for any. */
export default function fromCommandLine(options: Readonly<Record<string, string>>): SmartBan {
  const [name] = Object.keys(options);
  if (name !== undefined) throw new RangeError(`there is no option '${name}'`);
  return new SmartBan();
}
