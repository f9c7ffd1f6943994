import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { parseListen, parsePeer } from '../input/addresses.js';
import { parseAlertCategories } from '../input/alert-categories.js';
import { collect } from './collect.js';

/** Options of commands that write alerts with `--json`, as parsed. */
export interface JsonOptions {
  readonly json?: true;
  readonly alerts?: number;
}

/** Adds `--json` and `--alerts`. */
export function addJsonOptions(command: Command): Command {
  return command
    .option('--json', 'write one JSON object a line: every alert, then a summary')
    .option(
      '--alerts <list>',
      'with --json: alerts to add, block or log or both (block,log)',
      parseAlertCategories,
    );
}

/** Throws {@link CliError} where `--alerts` stands without `--json`. */
export function requireJsonForAlerts({ json, alerts }: JsonOptions): void {
  if (alerts === undefined || json === true) return;
  throw new CliError('CLI_USAGE', "option '--alerts' works with '--json' only");
}

/** Adds `--peer`. */
export function addPeerOption(command: Command): Command {
  return command.option(
    '--peer <host:port>',
    'peer to connect to; repeat for more; IPv6 as [addr]:port',
    collect(parsePeer),
    [],
  );
}

/** Adds `--listen`. */
export function addListenOption(command: Command): Command {
  return command.option(
    '--listen <addr:port>',
    'address to take connections on; repeat for more; default: all addresses, a free port',
    collect(parseListen),
    [],
  );
}
