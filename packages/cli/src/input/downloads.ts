import type { Magnet, Metainfo, TorrentLayout } from '@peerloom/core';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';
import type { Warn } from '../output/warning.js';
import { isMagnetLink, readMagnet, readTorrentFile } from './torrent-source.js';

/** A torrent to download. */
export interface DownloadSource {
  readonly torrent: Metainfo | Magnet;
  /** Claims its files' paths. Throws {@link CliError} `CLI_SAME_FILE` where another torrent is in the way. */
  readonly takePaths: (layout: TorrentLayout) => void;
}

/**
 * The torrents to download into one folder, each once: of those that are the same, `warn` hears. Rejects with
 * {@link CliError} where two torrents would write the same file, or one a file where the other needs a folder;
 * what magnet links stand for is known later.
 */
export async function readDownloads(
  sources: readonly string[],
  warn: Warn,
): Promise<readonly DownloadSource[]> {
  const torrents: DownloadSource[] = [];
  const sourceOfHash = new Map<string, string>();
  const taken = new TakenPaths();
  for (const source of sources) {
    const torrent = isMagnetLink(source) ? readMagnet(source) : await readTorrentFile(source);
    const { hex } = 'info' in torrent ? torrent.info.infoHash : torrent.infoHash;
    const same = sourceOfHash.get(hex);
    if (same !== undefined) {
      const message = `'${source}' is the same torrent as '${same}', and downloaded once`;
      warn({ code: 'CLI_DUPLICATE_TORRENT', message });
      continue;
    }
    const takePaths = (layout: TorrentLayout): void => taken.take(source, layout);
    if ('info' in torrent) takePaths(torrent.info.layout);
    sourceOfHash.set(hex, source);
    torrents.push({ torrent, takePaths });
  }
  return torrents;
}

/** Which torrent writes what. */
class TakenPaths {
  readonly #sourceOfFile = new Map<string, string>();
  readonly #sourceOfFolder = new Map<string, string>();

  /** Throws {@link CliError} `CLI_SAME_FILE` where another torrent is in the way. */
  take(source: string, { files }: TorrentLayout): void {
    for (const { path, isPad } of files) {
      if (isPad) continue;
      const folders = path.slice(1).map((_, depth) => pathKey(path.slice(0, depth + 1)));
      const key = pathKey(path);
      const other =
        this.#sourceOfFile.get(key) ??
        this.#sourceOfFolder.get(key) ??
        folders.map((folder) => this.#sourceOfFile.get(folder)).find((taken) => taken !== undefined);
      if (other !== undefined && other !== source) throw sameFileError(other, source, path);
      this.#sourceOfFile.set(key, source);
      for (const folder of folders) this.#sourceOfFolder.set(folder, source);
    }
  }
}

function sameFileError(other: string, source: string, path: readonly string[]): CliError {
  const both = `'${escapeText(other)}' and '${escapeText(source)}'`;
  const message = `${both} both hold '${escapeText(path.join('/'))}': use a folder for each`;
  return new CliError('CLI_SAME_FILE', message);
}

/** Names that differ only in case, or in how accents are composed, are one file on many systems. */
function pathKey(path: readonly string[]): string {
  return path.join('/').normalize('NFC').toLowerCase();
}
