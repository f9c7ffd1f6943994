import type { Metainfo, TorrentHandle } from '@peerloom/core';
import { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { exitCodes } from '../exit-code.js';
import { requireFolder } from '../input/folder.js';
import { readTorrentFile } from '../input/torrent-source.js';
import { bar } from '../output/bar.js';
import { escapeText } from '../output/escape-text.js';
import { formatBytes, formatCount } from '../output/format.js';
import { showProgress } from '../output/progress.js';
import { withSummary } from '../output/summary.js';
import { CliSession } from '../session/cli-session.js';
import { haveBytes } from '../session/transfer-progress.js';
import { until } from '../until.js';
import { type FileVerdict, judgeFiles } from '../verify/file-verdict.js';
import { filesOnDisk } from '../verify/files-on-disk.js';
import { verdictText } from '../verify/verdict-text.js';
import { addJsonOptions, type JsonOptions, requireJsonForAlerts } from './shared-options.js';

/** Options of `peerloom verify`, as parsed. */
interface VerifyOptions extends JsonOptions {
  readonly path: string;
}

/** What a check has found. */
interface Findings {
  readonly files: readonly FileVerdict[];
  readonly piecesHave: number;
  readonly haveBytes: number;
}

/** `peerloom verify`. */
export function verifyCommand(context: CommandContext, settle: (exitCode: number) => void): Command {
  const command = new Command('verify')
    .description('check the data of a torrent; writes nothing')
    .argument('<torrent>', 'torrent file')
    .requiredOption('--path <dir>', "folder that holds the torrent's file or folder");
  return addJsonOptions(command)
    .addHelpText(
      'after',
      `
Says of every file that is not as the torrent describes it what is wrong with
it, and exits with 1 where there is one.

Examples:
  peerloom verify debian.torrent --path downloads
  peerloom verify photos.torrent --path . --json --alerts log`,
    )
    .action(async (source: string, options: VerifyOptions) => settle(await verify(context, source, options)));
}

async function verify(context: CommandContext, source: string, options: VerifyOptions): Promise<number> {
  requireJsonForAlerts(options);
  const { output } = context;
  const isJson = options.json === true;
  let fields = {};
  return withSummary({ output, isJson, command: 'verify', fields: () => fields }, async () => {
    const metainfo = await readTorrentFile(source);
    await requireFolder(options.path, '--path');
    const findings = await check(context, metainfo, options);
    const { info } = metainfo;
    const wrong = findings.files.filter(({ verdict }) => verdict !== 'ok');
    fields = {
      name: info.name,
      infoHash: info.infoHash.hex,
      totalBytes: info.layout.totalLength,
      pieceCount: info.layout.pieceCount,
      ...findings,
    };
    if (!isJson) {
      for (const file of wrong) output.line(verdictText(file));
      output.line(resultLine(metainfo, findings, wrong.length));
    }
    return wrong.length === 0 ? exitCodes.done : exitCodes.failed;
  });
}

/** Hashes all there is. The torrent stays paused, so that nothing is connected to, and nothing written. */
async function check(
  { output, signal }: CommandContext,
  metainfo: Metainfo,
  { path, json, alerts }: VerifyOptions,
): Promise<Findings> {
  const { layout } = metainfo.info;
  const cli = await CliSession.open({
    output,
    root: path,
    isReadOnly: true,
    isJson: json === true,
    alertMask: alerts,
  });
  const torrent = cli.session.addTorrent({ torrent: metainfo, isPaused: true });
  const progress = showProgress(output, checkView(torrent, layout.totalLength, output), {
    isJson: json === true,
  });
  try {
    const ending = AbortSignal.any([signal, cli.failed]);
    await until(torrent.checked(), ending);
    const pieces = torrent.pieces();
    const onDisk = await until(filesOnDisk(path, layout), ending);
    return {
      files: pieces === undefined ? [] : judgeFiles(layout, onDisk, pieces),
      piecesHave: pieces?.count ?? 0,
      haveBytes: haveBytes(torrent),
    };
  } finally {
    progress.clear();
    await cli.close();
  }
}

function checkView(torrent: TorrentHandle, totalBytes: number, output: CommandContext['output']) {
  const checked = (): string => `${formatBytes(torrent.checkedBytes)} of ${formatBytes(totalBytes)} checked`;
  return {
    lines: () => [`${bar(torrent.checkedBytes, totalBytes, 26, output)}  ${checked()}`],
    plainLine: () => `${escapeText(torrent.name)}: ${checked()}`,
  };
}

function resultLine({ info }: Metainfo, { files, piecesHave }: Findings, wrongCount: number): string {
  const name = escapeText(info.name);
  const { pieceCount, totalLength } = info.layout;
  if (wrongCount === 0) {
    const size = formatBytes(totalLength);
    return `${name}: ok, ${formatCount(files.length, 'file')}, ${formatCount(pieceCount, 'piece')}, ${size}`;
  }
  const fileCount = formatCount(files.length, 'file');
  return `${name}: ${wrongCount} of ${fileCount} not right; ${piecesHave} of ${formatCount(pieceCount, 'piece')} there`;
}
