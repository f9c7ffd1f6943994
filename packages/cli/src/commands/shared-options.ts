import type { HostPort } from '@peerloom/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { ExtensionChoice } from '../extensions/load-extensions.js';
import { parseListen, parsePeer } from '../input/addresses.js';
import { parseAlertCategories } from '../input/alert-categories.js';
import { requireOutputFolder } from '../input/folder.js';
import { parseRateSource } from '../input/quantities.js';
import { defaultStateFolder } from '../input/state-folder.js';
import { repeatable } from './repeatable.js';

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
  return command.addOption(
    repeatable('--peer <host:port>', 'peer to connect to, IPv6 as [addr]:port', parsePeer, 'none'),
  );
}

/** Options that say who is contacted, as parsed. */
export interface ContactOptions extends ExtensionChoice {
  readonly peer: readonly HostPort[];
  readonly trackerFromTorrent?: true;
}

/** Adds `--tracker-from-torrent`. */
export function addTrackerOption(command: Command): Command {
  return command.option(
    '--tracker-from-torrent',
    "announce to the torrent's trackers although --peer names whom to connect to",
  );
}

/** The choice of extensions: who names peers wants these, and trackers only where they are asked for. */
export function withoutUnwantedTrackers(options: ContactOptions): ExtensionChoice {
  const { ext, noExt, peer, trackerFromTorrent } = options;
  const isUnwanted = peer.length > 0 && trackerFromTorrent !== true;
  return { ext, noExt: isUnwanted ? [...noExt, 'tracker'] : noExt };
}

/** Adds `--listen`. */
export function addListenOption(command: Command): Command {
  return command.addOption(
    repeatable(
      '--listen <addr:port>',
      'address to take connections on',
      parseListen,
      'all addresses, a free port',
    ),
  );
}

/** Adds `--limit-down`. */
export function addLimitDownOption(command: Command): Command {
  return command.option(
    '--limit-down <rate>',
    'receive at most so much a second: N, NKiB, NMiB or NGiB, or @FILE that has it',
    parseRateSource('--limit-down'),
  );
}

/** Adds `--limit-up`. */
export function addLimitUpOption(command: Command): Command {
  return command.option(
    '--limit-up <rate>',
    'send at most so much a second: N, NKiB, NMiB or NGiB, or @FILE that has it',
    parseRateSource('--limit-up'),
  );
}

/** The option of commands that keep state, as parsed. */
export interface StateOption {
  readonly state?: string;
}

/** Adds `--state`. */
export function addStateOption(command: Command): Command {
  return command.option(
    '--state <dir>',
    'folder for what outlives the command, bans above all (default: $XDG_STATE_HOME/peerloom)',
  );
}

/** The folder that `--state` names, or the default one. Rejects with {@link CliError} where it is no folder. */
export async function requireStateFolder({ state }: StateOption): Promise<string> {
  if (state !== undefined) await requireOutputFolder(state, '--state');
  return state ?? defaultStateFolder(process.env);
}
