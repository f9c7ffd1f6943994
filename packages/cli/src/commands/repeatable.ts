import { Option } from 'commander';

/** An option that may be repeated: a list of its values, each parsed. `without` says what holds where there is none. */
export function repeatable<T>(
  flags: string,
  description: string,
  parse: (text: string) => T,
  without: string,
): Option {
  return new Option(flags, `${description}; repeat for more`)
    .argParser((text: string, previous: readonly T[]) => [...previous, parse(text)])
    .default([], without);
}
