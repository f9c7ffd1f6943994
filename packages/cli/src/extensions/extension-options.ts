import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { repeatable } from '../commands/repeatable.js';
import { escapeText } from '../output/escape-text.js';
import { parseExtensionSpec } from './extension-spec.js';
import { defaultExtensions, firstPartyPackages, shortName } from './first-party.js';

/** Adds `--ext` and `--no-ext`, which make an `ExtensionChoice`. */
export function addExtensionOptions(command: Command): Command {
  const defaults = defaultExtensions.length === 0 ? 'none' : defaultExtensions.join(', ');
  const noExt = repeatable(
    '--no-ext <name>',
    `leave out an extension that is loaded by default (${defaults})`,
    parseDefaultName,
    'none',
  );
  // To the parser, `--no-…` is the opposite of another option; this one is an option of its own.
  noExt.negate = false;
  return command
    .addOption(
      repeatable(
        '--ext <spec>',
        'extension to load: a package, path or short name, and its options, as NAME:key=value,key=@file',
        parseExtensionSpec,
        'none',
      ),
    )
    .addOption(noExt);
}

function parseDefaultName(name: string): string {
  const short = shortName(name);
  if (defaultExtensions.includes(short) || Object.hasOwn(firstPartyPackages, short)) return short;
  throw new CliError(
    'CLI_USAGE',
    `--no-ext '${escapeText(name)}': there is no extension of that name to leave out`,
  );
}
