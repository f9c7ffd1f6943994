import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import {
  buildMetainfo,
  createTorrent,
  isPeerloomError,
  parseMetainfo,
  writeFileAtomic,
} from '@peerloom/core';
import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { CliError } from '../cli-error.js';
import type { CommandContext } from '../context.js';
import { exitCodes } from '../exit-code.js';
import { requireFolder } from '../input/folder.js';
import { parsePieceSize } from '../input/quantities.js';
import { parseTracker } from '../input/tracker.js';
import { bar } from '../output/bar.js';
import { escapeText } from '../output/escape-text.js';
import { formatBytes, formatCount, formatPercent } from '../output/format.js';
import { existsError, writeNewFile } from '../output/new-file.js';
import { showProgress } from '../output/progress.js';
import { repeatable } from './repeatable.js';

/** Options of `peerloom create`, as parsed. */
interface CreateOptions {
  readonly output: string;
  readonly pieceSize?: number;
  readonly tracker: readonly string[];
  readonly private?: true;
  readonly comment?: string;
  readonly force?: true;
}

/** Reasons for which the data given cannot be made a torrent of. */
const inputCodes: ReadonlySet<string> = new Set([
  'STORAGE_NOT_FOUND',
  'STORAGE_NOT_A_FILE',
  'STORAGE_SYMLINK',
  'STORAGE_EMPTY',
  'STORAGE_PERMISSION',
]);

/** Where the torrent's file is there already. */
const advice = '--force overwrites it';

/** `peerloom create`. */
export function createCommand(context: CommandContext, settle: (exitCode: number) => void): Command {
  return new Command('create')
    .description('make a torrent of a file or a folder')
    .argument('<path>', 'file or folder to share')
    .requiredOption('-o, --output <file>', 'where to write the torrent')
    .option(
      '--piece-size <size>',
      'N, NKiB or NMiB: a power of two; default by the length of the data',
      parsePieceSize,
    )
    .addOption(
      repeatable(
        '--tracker <url>',
        'tracker to announce to, each a tier of its own, tried in this order',
        parseTracker,
        'none',
      ),
    )
    .option('--private', 'peers come from the trackers only (BEP 27)')
    .option('--comment <text>', 'comment to put in')
    .option('--force', 'overwrite the output file')
    .addHelpText(
      'after',
      `
Symbolic links are refused. The same data, name and options always give the
same torrent.

Examples:
  peerloom create debian.iso -o debian.torrent
  peerloom create debian.iso -o debian.torrent --force
  peerloom create photos -o photos.torrent --piece-size 1MiB --comment "July"
  peerloom create a.iso -o a.torrent --tracker http://10.0.0.1:6969/announce
  peerloom create backup -o backup.torrent --private`,
    )
    .action(async (path: string, options: CreateOptions) => settle(await create(context, path, options)));
}

async function create(
  { output, signal }: CommandContext,
  path: string,
  options: CreateOptions,
): Promise<number> {
  const fields = {
    trackers: options.tracker.map((url) => [url]),
    isPrivate: options.private === true,
    createdBy: `Peerloom ${manifest.version}`,
    ...(options.comment !== undefined && { comment: options.comment }),
  };
  requireUsable(fields);
  await requireTarget(options, path);

  let hashedBytes = 0;
  let totalBytes = 0;
  const name = escapeText(path);
  const done = (): string => `${formatPercent(hashedBytes, totalBytes)} of ${formatBytes(totalBytes)} hashed`;
  const progress = showProgress(
    output,
    {
      lines: () => (totalBytes > 0 ? [`${bar(hashedBytes, totalBytes, 26, output)}  ${done()}`] : []),
      plainLine: () => (totalBytes > 0 ? `${name}: ${done()}` : undefined),
    },
    { isJson: false },
  );
  let bytes: Uint8Array;
  try {
    bytes = await createTorrent(path, {
      ...fields,
      ...(options.pieceSize !== undefined && { pieceLength: options.pieceSize }),
      signal,
      onProgress: (hashed, total) => {
        hashedBytes = hashed;
        totalBytes = total;
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!isPeerloomError(error)) throw error;
    throw new CliError(error.code, error.message, { exitCode: exitCodeOf(error.code), cause: error });
  } finally {
    progress.clear();
  }
  signal.throwIfAborted();
  await writeTorrent(options, bytes);

  const { info } = parseMetainfo(bytes);
  const { layout } = info;
  const files = formatCount(layout.files.length, 'file');
  const pieces = formatCount(layout.pieceCount, 'piece');
  output.line(
    `${escapeText(options.output)}: ${files}, ${formatBytes(layout.totalLength)}, ${pieces} of ${formatBytes(layout.pieceLength)}`,
  );
  output.line(`infohash ${info.infoHash.hex}`);
  return exitCodes.done;
}

function exitCodeOf(code: string): number {
  if (code === 'STORAGE_CHANGED') return exitCodes.failed;
  return code.startsWith('STORAGE_') && !inputCodes.has(code) ? exitCodes.disk : exitCodes.usage;
}

/** Tries the fields on a torrent of one byte: what is wrong with them is to be told before hours of hashing. */
function requireUsable(fields: {
  readonly trackers: readonly (readonly string[])[];
  readonly comment?: string;
}): void {
  buildMetainfo({
    ...fields,
    name: 'name',
    isSingleFile: true,
    files: [{ path: ['name'], lengthBytes: 1 }],
    pieceLength: 16 * 1024,
    pieceHashes: new Uint8Array(20),
  });
}

/** Requires that the torrent can be written there without harm. */
async function requireTarget({ output, force }: CreateOptions, path: string): Promise<void> {
  const where = `-o '${escapeText(output)}'`;
  await requireFolder(dirname(output), '-o');
  const target = join(await realpath(dirname(output)), basename(output));
  const shared = await realpath(path).catch(() => resolve(path));
  if (target === shared || target.startsWith(shared.endsWith(sep) ? shared : shared + sep)) {
    throw new CliError('CLI_OUTPUT_INSIDE', `${where}: would be part of what is shared`);
  }
  const there = await lstat(target).catch(() => undefined);
  if (there?.isDirectory()) throw new CliError('CLI_OUTPUT_EXISTS', `${where}: is a folder`);
  if (there !== undefined && force !== true) throw existsError(where, advice);
}

/** Writes all of it or nothing; without `--force` never over a file. */
async function writeTorrent({ output, force }: CreateOptions, bytes: Uint8Array): Promise<void> {
  if (force === true) await writeFileAtomic(output, bytes);
  else await writeNewFile({ path: output, where: `-o '${escapeText(output)}'`, advice }, bytes);
}
