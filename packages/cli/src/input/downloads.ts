import type { Metainfo } from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';
import { isMagnetLink, readMagnet, readTorrentFile } from './torrent-source.js';

/**
 * The torrents to download into one folder. Rejects with {@link CliError} for magnet links, whose metadata
 * cannot be had, and where two torrents are the same or would write the same file.
 */
export async function readDownloads(sources: readonly string[]): Promise<readonly Metainfo[]> {
  const torrents: Metainfo[] = [];
  const sourceOfHash = new Map<string, string>();
  const sourceOfPath = new Map<string, string>();
  for (const source of sources) {
    const torrent = await readDownload(source);
    torrents.push(torrent);
    const { infoHash, layout } = torrent.info;
    requireOther(sourceOfHash.get(infoHash.hex), source, 'are the same torrent', 'CLI_DUPLICATE_TORRENT');
    sourceOfHash.set(infoHash.hex, source);
    for (const { path, isPad } of layout.files) {
      if (isPad) continue;
      const key = pathKey(path);
      const both = `both hold '${escapeText(path.join('/'))}': use a folder for each`;
      requireOther(sourceOfPath.get(key), source, both, 'CLI_SAME_FILE');
      sourceOfPath.set(key, source);
    }
  }
  return torrents;
}

/** Names that differ only in case, or in how accents are composed, are one file on many systems. */
function pathKey(path: readonly string[]): string {
  return path.join('/').normalize('NFC').toLowerCase();
}

function requireOther(other: string | undefined, source: string, message: string, code: string): void {
  if (other === undefined) return;
  throw new CliError(code, `'${escapeText(other)}' and '${escapeText(source)}' ${message}`);
}

async function readDownload(source: string): Promise<Metainfo> {
  if (!isMagnetLink(source)) return readTorrentFile(source);
  const { displayName, infoHash } = readMagnet(source);
  throw new CliError(
    'CLI_MAGNET_METADATA',
    `magnet link of '${escapeText(displayName ?? infoHash.hex)}': this release cannot get metadata from peers (BEP 9); use the torrent file`,
  );
}
