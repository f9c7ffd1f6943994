import { formatEndpoint, formatMagnet, type Magnet, type Metainfo } from '@peerloom/core';
import { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { exitCodes } from '../exit-code.js';
import { isMagnetLink, readMagnet, readTorrentFile } from '../input/torrent-source.js';
import { escapeText } from '../output/escape-text.js';
import { formatBytes, formatCount } from '../output/format.js';
import { withSummary } from '../output/summary.js';

/** `peerloom info`. */
export function infoCommand(context: CommandContext, settle: (exitCode: number) => void): Command {
  return new Command('info')
    .description('show what is in a torrent file or a magnet link')
    .argument('<torrent>', 'torrent file or magnet link')
    .option('--json', 'write one JSON object')
    .addHelpText(
      'after',
      `
Files are shown with the indices that --select of "peerloom download" takes.

Examples:
  peerloom info debian.torrent
  peerloom info "magnet:?xt=urn:btih:..." --json`,
    )
    .action(async (source: string, options: { readonly json?: true }) =>
      settle(await info(context, source, options.json === true)),
    );
}

async function info({ output }: CommandContext, source: string, isJson: boolean): Promise<number> {
  let fields = {};
  return withSummary({ output, isJson, command: 'info', fields: () => fields }, async () => {
    const torrent = isMagnetLink(source) ? readMagnet(source) : await readTorrentFile(source);
    fields = 'info' in torrent ? torrentFields(torrent) : magnetFields(torrent);
    if (!isJson)
      for (const line of 'info' in torrent ? torrentLines(torrent) : magnetLines(torrent)) output.line(line);
    return exitCodes.done;
  });
}

/** The magnet link that stands for a torrent file. */
function magnetOf({ info, trackers }: Metainfo): string {
  return formatMagnet({
    infoHash: info.infoHash,
    displayName: info.name,
    trackers: trackers.flat(),
    peers: [],
  });
}

function torrentFields(torrent: Metainfo): Readonly<Record<string, unknown>> {
  const { info, ...rest } = torrent;
  const { layout } = info;
  return {
    name: info.name,
    infoHash: info.infoHash.hex,
    totalBytes: layout.totalLength,
    pieceLength: layout.pieceLength,
    pieceCount: layout.pieceCount,
    isPrivate: info.isPrivate,
    ...rest,
    magnet: magnetOf(torrent),
    files: layout.files
      .map(({ path, lengthBytes, isPad }, index) => ({ index, path: path.join('/'), lengthBytes, isPad }))
      .filter(({ isPad }) => !isPad)
      .map(({ isPad, ...file }) => file),
  };
}

function magnetFields({ infoHash, peers, ...rest }: Magnet): Readonly<Record<string, unknown>> {
  return { infoHash: infoHash.hex, ...rest, peers: peers.map(formatHostPort) };
}

function formatHostPort({ host, port }: Magnet['peers'][number]): string {
  return host.includes(':') ? formatEndpoint({ address: host, port, family: 6 }) : `${host}:${port}`;
}

function row(label: string, text: string): string {
  return `${label.padEnd(11)} ${escapeText(text)}`;
}

function torrentLines(torrent: Metainfo): readonly string[] {
  const { info, trackers, webSeeds, comment, createdBy, creationTimeMs } = torrent;
  const { layout } = info;
  const files = [...layout.files.entries()].filter(([, { isPad }]) => !isPad);
  const indexWidth = String(layout.files.length - 1).length;
  const sizes = files.map(([, { lengthBytes }]) => formatBytes(lengthBytes));
  const sizeWidth = Math.max(...sizes.map(({ length }) => length));
  return [
    row('name', info.name),
    row('infohash', info.infoHash.hex),
    row('size', `${formatBytes(layout.totalLength)} (${layout.totalLength} bytes)`),
    row('pieces', `${layout.pieceCount} of ${formatBytes(layout.pieceLength)}`),
    ...(info.isPrivate ? [row('private', 'yes: peers come from its trackers only')] : []),
    ...(comment === undefined ? [] : [row('comment', comment)]),
    ...(createdBy === undefined ? [] : [row('created by', createdBy)]),
    ...(creationTimeMs === undefined ? [] : [row('created', new Date(creationTimeMs).toISOString())]),
    ...trackers.map((tier, index) => row(`tracker ${index + 1}`, tier.join(', '))),
    ...webSeeds.map((url) => row('web seed', url)),
    row('magnet', magnetOf(torrent)),
    row('files', formatCount(files.length, 'file')),
    ...files.map(([index, { path }], row) => {
      const size = sizes[row]?.padStart(sizeWidth);
      return `  ${String(index).padStart(indexWidth)}  ${size}  ${escapeText(path.join('/'))}`;
    }),
  ];
}

function magnetLines({ infoHash, displayName, trackers, peers, selectedFiles }: Magnet): readonly string[] {
  return [
    ...(displayName === undefined ? [] : [row('name', displayName)]),
    row('infohash', infoHash.hex),
    ...trackers.map((tracker) => row('tracker', tracker)),
    ...peers.map((peer) => row('peer', formatHostPort(peer))),
    ...(selectedFiles === undefined ? [] : [row('files', `only ${selectedFiles.join(', ')}`)]),
  ];
}
