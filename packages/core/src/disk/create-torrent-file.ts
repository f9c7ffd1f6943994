import { buildMetainfo, choosePieceLength } from '../metainfo/metainfo.js';
import { createTorrentHashes } from './create-torrent.js';
import { listFiles } from './list-files.js';

/** Options of {@link createTorrent}. */
export interface CreateTorrentOptions {
  /** A power of two from 16 KiB to 256 MiB. Default: by the length of the data. */
  readonly pieceLength?: number;
  /** Announce URLs by tier (BEP 12). */
  readonly trackers?: readonly (readonly string[])[];
  /** BEP 27. */
  readonly isPrivate?: boolean;
  /** Free text, put into the torrent file. */
  readonly comment?: string;
  /** Program that made it, put into the torrent file. */
  readonly createdBy?: string;
  /** Milliseconds since 1970; left out where absent, so that the same data gives the same file. */
  readonly creationTimeMs?: number;
  /** Worker threads at most. Default: one a core, up to four. */
  readonly threads?: number;
  /** Called now and then with how much has been hashed, of how much. */
  readonly onProgress?: (hashedBytes: number, totalBytes: number) => void;
  /** Aborts; the promise rejects with `STORAGE_ABORTED`. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a .torrent file (BEP 3) of a file, or of all files below a folder. Gives its bytes; writes nothing.
 * Rejects with `StorageError` where the data can't be read, {@link MetainfoError} where no torrent can be
 * made of it.
 */
export async function createTorrent(path: string, options: CreateTorrentOptions = {}): Promise<Uint8Array> {
  const { threads, onProgress, signal, pieceLength: wanted, ...fields } = options;
  const { root, name, isFolder, files } = await listFiles(path);
  const totalLength = files.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  const pieceLength = wanted ?? choosePieceLength(totalLength);
  const pieceHashes = await createTorrentHashes({
    root,
    files: files.map((file) => ({ ...file, isPad: false })),
    pieceLength,
    threads,
    onProgress,
    signal,
  });
  return buildMetainfo({
    ...fields,
    name,
    isSingleFile: !isFolder,
    files: files.map((file) => ({ ...file, path: isFolder ? file.path.slice(1) : file.path })),
    pieceLength,
    pieceHashes,
  });
}
