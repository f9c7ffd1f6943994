import type { Endpoint } from '@peerloom/core';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { CommandContext } from '../context.js';
import { addExtensionOptions } from '../extensions/extension-options.js';
import { type Extension, loadExtensions } from '../extensions/load-extensions.js';
import { type DownloadSource, readDownloads } from '../input/downloads.js';
import { type FileSelection, parseSelection, selectFiles } from '../input/file-selection.js';
import { requireOutputFolder } from '../input/folder.js';
import { parseSeconds } from '../input/quantities.js';
import { escapeText } from '../output/escape-text.js';
import { withSummary } from '../output/summary.js';
import { makeWarn } from '../output/warning.js';
import { Download, type PlannedTorrent } from '../session/download.js';
import type { RateLimits } from '../session/rate-limiter.js';
import { downloadSummary } from '../session/transfer-progress.js';
import { repeatable } from './repeatable.js';
import {
  addJsonOptions,
  addLimitDownOption,
  addLimitUpOption,
  addListenOption,
  addPeerOption,
  addStateOption,
  addTrackerOption,
  type ContactOptions,
  type JsonOptions,
  requireJsonForAlerts,
  requireStateFolder,
  type StateOption,
  withoutUnwantedTrackers,
} from './shared-options.js';

/** Options of `peerloom download`, as parsed. */
interface DownloadOptions extends JsonOptions, ContactOptions, StateOption, RateLimits {
  readonly output: string;
  readonly listen: readonly Endpoint[];
  readonly select: readonly FileSelection[];
  readonly sequential?: true;
  readonly seedTime?: number;
  readonly timeout?: number;
}

/** `peerloom download`. */
export function downloadCommand(context: CommandContext, settle: (exitCode: number) => void): Command {
  const command = new Command('download')
    .description('download torrents; goes on where it was interrupted')
    .argument('<torrent...>', 'torrent files or magnet links')
    .option('-o, --output <dir>', 'folder for the data', '.');
  addExtensionOptions(addListenOption(addTrackerOption(addPeerOption(command))))
    .addOption(
      repeatable(
        '--select <files>',
        'files to download, by index, range, name or pattern, joined by commas',
        parseSelection,
        'all',
      ),
    )
    .option('--sequential', 'ask for pieces in order rather than rarest first')
    .option('--seed-time <seconds>', 'seed for so long when all is downloaded', parseSeconds('--seed-time'))
    .option(
      '--timeout <seconds>',
      'give up, with exit code 4, when not done by then',
      parseSeconds('--timeout'),
    );
  addStateOption(addLimitUpOption(addLimitDownOption(command)));
  return addJsonOptions(command)
    .addHelpText(
      'after',
      `
Connects to the peers that --peer names or, without --peer, to those that the
trackers of the torrent or magnet link name, and takes connections. Where there
is neither, give --listen an address that somebody will connect to. A magnet
link needs a peer that has its metadata; peers that it names (x.pe) are
connected to as well. A name without an address is a warning while there are
other peers; a download is given up when nobody can be reached.
What is there already is kept, and checked where it may have changed. With
several torrents, one that fails is told of, and the others go on.

--select takes indices as "peerloom info" shows them, names, and patterns with
*, ** and ?. A name or pattern without / is looked for in all folders, else from
the torrent's folder on; a folder stands for all in it; \\, is a comma in a name.
Files that were not selected are not made.

--ext loads an extension from a package, a file or by a short name. Its options
stand behind a colon: key=value, with \\, for a comma in a value, and @ before
the name of a file that holds the value.

--limit-down @FILE and --limit-up @FILE take a limit from a file, "2MiB" or
"none", and follow it while the download runs: write another one into it.

Examples:
  peerloom download a.torrent
  peerloom download a.torrent -o downloads --peer seed.example.org:6881
  peerloom download a.torrent --peer 192.0.2.7:6881 --peer [2001:db8::7]:6881
  peerloom download a.torrent --peer 192.0.2.7:6881 --tracker-from-torrent
  peerloom download a.torrent --listen 0.0.0.0:6881 --seed-time 600
  peerloom download a.torrent --select 0,4-7 --select '*.txt,2024/may'
  peerloom download 'magnet:?xt=urn:btih:…' --peer 192.0.2.7:6881
  peerloom download a.torrent --sequential --limit-down 10MiB --limit-up 500KiB
  peerloom download a.torrent --limit-down @down.limit
  peerloom download *.torrent -o downloads --state ~/.peerloom
  peerloom download a.torrent --timeout 60 --json --alerts block,log
  peerloom download a.torrent --ext ./my-extension.js:level=3,token=@token.txt
  peerloom download a.torrent --no-ext smart_ban`,
    )
    .action(async (sources: readonly string[], options: DownloadOptions) =>
      settle(await download(context, sources, options)),
    );
}

async function download(
  context: CommandContext,
  sources: readonly string[],
  options: DownloadOptions,
): Promise<number> {
  requireJsonForAlerts(options);
  const isJson = options.json === true;
  let run: Download | undefined;
  const fields = () => ({
    torrents: run?.torrents.map(downloadSummary) ?? [],
    elapsedMs: run?.elapsedMs ?? 0,
  });
  return withSummary({ output: context.output, isJson, command: 'download', fields }, async () => {
    const found = await readDownloads(sources, makeWarn(context.output, isJson));
    const torrents = selectedTorrents(found, options.select.flat());
    await requireOutputFolder(options.output, '-o');
    const stateFolder = await requireStateFolder(options);
    const extensions = await loadExtensions(withoutUnwantedTrackers(options));
    requireMetadataExchange(torrents, extensions, options);
    run = await Download.begin(context, {
      torrents,
      folder: options.output,
      stateFolder,
      limits: options,
      peers: options.peer,
      listen: options.listen,
      isSequential: options.sequential === true,
      seedTimeMs: options.seedTime,
      timeoutMs: options.timeout,
      extensions,
      isJson,
      alertMask: options.alerts,
    });
    return run.run();
  });
}

function selectedTorrents(
  sources: readonly DownloadSource[],
  selection: FileSelection,
): readonly PlannedTorrent[] {
  const isOfAll = selection.length === 0;
  if (!isOfAll && sources.length > 1) {
    throw new CliError('CLI_SELECT', '--select: works with one torrent only');
  }
  return sources.map(({ torrent, takePaths }) => {
    if ('info' in torrent) {
      const files = isOfAll ? undefined : selectFiles(selection, torrent.info.layout);
      return { torrent, filesOf: () => files };
    }
    const filesOf: PlannedTorrent['filesOf'] = (layout) => {
      takePaths(layout);
      if (!isOfAll) return selectFiles(selection, layout);
      return torrent.selectedFiles && new Set(torrent.selectedFiles);
    };
    return { torrent, filesOf };
  });
}

/** Throws {@link CliError} for magnet links where nothing is loaded that gets metadata. */
function requireMetadataExchange(
  torrents: readonly PlannedTorrent[],
  extensions: readonly Extension[],
  { ext }: ContactOptions,
): void {
  // An extension that was asked for may bring it.
  if (ext.length > 0 || extensions.some(({ name }) => name === 'ut_metadata')) return;
  for (const { torrent } of torrents) {
    if ('info' in torrent) continue;
    const link = escapeText(torrent.displayName ?? torrent.infoHash.hex);
    const message = `magnet link of '${link}': without ut_metadata there is no metadata to be had`;
    throw new CliError('CLI_MAGNET_METADATA', message);
  }
}
