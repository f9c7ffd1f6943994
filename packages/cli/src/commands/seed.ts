import { type Endpoint, formatEndpoint, type HostPort, type TorrentHandle } from '@peerloom/core';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { CommandContext } from '../context.js';
import { exitCodes } from '../exit-code.js';
import { addExtensionOptions } from '../extensions/extension-options.js';
import { loadExtensions } from '../extensions/load-extensions.js';
import { lookUpPeers } from '../input/addresses.js';
import { requireFolder } from '../input/folder.js';
import { parseSeconds } from '../input/quantities.js';
import { readTorrentFile } from '../input/torrent-source.js';
import { escapeText } from '../output/escape-text.js';
import { formatBytes, formatCount, formatPercent } from '../output/format.js';
import { showProgress } from '../output/progress.js';
import { withSummary } from '../output/summary.js';
import { TransferView } from '../output/transfer-view.js';
import { warnOfBan } from '../session/ban-warning.js';
import { CliSession } from '../session/cli-session.js';
import { listen } from '../session/listen.js';
import type { RateLimits } from '../session/rate-limiter.js';
import {
  haveBytes,
  torrentProgress,
  torrentSummary,
  transferProgress,
} from '../session/transfer-progress.js';
import { sleep } from '../sleep.js';
import { until } from '../until.js';
import {
  addJsonOptions,
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

/** Options of `peerloom seed`, as parsed. */
interface SeedOptions extends JsonOptions, ContactOptions, StateOption, RateLimits {
  readonly path: string;
  readonly listen: readonly Endpoint[];
  readonly seedTime?: number;
}

/** `peerloom seed`. */
export function seedCommand(context: CommandContext, settle: (exitCode: number) => void): Command {
  const command = new Command('seed')
    .description('seed a torrent whose data is complete, until interrupted')
    .argument('<torrent>', 'torrent file')
    .requiredOption('--path <dir>', "folder that holds the torrent's file or folder");
  addExtensionOptions(addTrackerOption(addPeerOption(addListenOption(command)))).option(
    '--seed-time <seconds>',
    'end after so long, with exit code 0',
    parseSeconds('--seed-time'),
  );
  addStateOption(addLimitUpOption(command));
  return addJsonOptions(command)
    .addHelpText(
      'after',
      `
Checks the data first, where it may have changed since the last time. Where some
is missing or wrong it says how much, seeds nothing and exits with 1:
"peerloom verify" tells which files, "peerloom download" gets the rest. Then it
prints "listening on ADDRESS:PORT" for each address; port 0 stands for a free
port. It announces the torrent to its trackers, unless --peer names whom to
connect to.

--limit-up @FILE takes the limit from a file, "2MiB" or "none", and follows it
while it seeds: write another one into it.

Examples:
  peerloom seed a.torrent --path downloads
  peerloom seed a.torrent --path . --listen 0.0.0.0:6881 --listen [::]:6881
  peerloom seed a.torrent --path . --limit-up 2MiB
  peerloom seed a.torrent --path . --limit-up @up.limit
  peerloom seed a.torrent --path . --peer 192.0.2.7:6881 --tracker-from-torrent
  peerloom seed a.torrent --path . --seed-time 3600 --state ~/.peerloom
  peerloom seed a.torrent --path . --ext ./my-extension.js --no-ext smart_ban
  peerloom seed a.torrent --path . --json --alerts block`,
    )
    .action(async (source: string, options: SeedOptions) => settle(await seed(context, source, options)));
}

async function seed(context: CommandContext, source: string, options: SeedOptions): Promise<number> {
  requireJsonForAlerts(options);
  const { output } = context;
  const isJson = options.json === true;
  let torrent: TorrentHandle | undefined;
  const fields = () => ({ torrents: torrent === undefined ? [] : [torrentSummary(torrent)] });
  return withSummary({ output, isJson, command: 'seed', fields }, async () => {
    const metainfo = await readTorrentFile(source);
    await requireFolder(options.path, '--path');
    const extensions = await loadExtensions(withoutUnwantedTrackers(options));
    const stateFolder = await requireStateFolder(options);
    const cli = await CliSession.open({
      output,
      root: options.path,
      extensions,
      isJson,
      alertMask: options.alerts,
      stateFolder,
      limits: options,
    });
    const added = cli.session.addTorrent({ torrent: metainfo });
    torrent = added;
    const view = new TransferView(output, () => transferProgress(cli, [torrentProgress(added)]));
    const progress = showProgress(output, view, { isJson });
    try {
      await seedTorrent(context, cli, added, options);
    } finally {
      progress.end();
      await cli.close();
    }
    return exitCodes.done;
  });
}

async function seedTorrent(
  context: CommandContext,
  cli: CliSession,
  torrent: TorrentHandle,
  options: SeedOptions,
): Promise<void> {
  const signal = AbortSignal.any([context.signal, cli.failed]);
  await until(torrent.checked(), signal);
  if (torrent.state !== 'seeding') throw incompleteError(torrent, options.path);
  const bound = await listen(cli.session, options.listen);
  if (bound.length === 0 && options.peer.length === 0) {
    const message = 'no address can be listened on; name one with --listen';
    throw new CliError('CLI_NO_LISTENER', message, { exitCode: exitCodes.failed });
  }
  if (options.json !== true) {
    for (const local of bound) context.output.line(`listening on ${formatEndpoint(local)}`);
  }
  void connect(cli, torrent, options.peer);
  if (options.seedTime !== undefined) await sleep(options.seedTime, signal);
  else await until(new Promise<never>(() => {}), signal);
}

/** A name that has no address yet is no reason not to seed to others. */
async function connect(cli: CliSession, torrent: TorrentHandle, peers: readonly HostPort[]): Promise<void> {
  const last = await lookUpPeers(peers, cli.clock, {
    found: (remote) => {
      warnOfBan(cli.session, remote, cli.warn);
      torrent.addPeer(remote);
    },
    failed: cli.warn,
  });
  if (last) cli.warn(last);
}

function incompleteError(torrent: TorrentHandle, path: string): CliError {
  const { piecesHave, pieceCount } = torrent.stats;
  const total = torrent.info?.layout.totalLength ?? 0;
  const share = `${formatPercent(haveBytes(torrent), total)} of ${formatBytes(total)}`;
  const missing = formatCount(pieceCount - piecesHave, 'piece is', 'pieces are');
  return new CliError(
    'CLI_INCOMPLETE',
    `${escapeText(torrent.name)}: ${share} is in '${escapeText(path)}', ${missing} missing or wrong: not seeded`,
    { exitCode: exitCodes.failed },
  );
}
