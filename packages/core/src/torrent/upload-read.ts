import type { BlockRequest } from '../common/block.js';
import type { StorageError } from '../common/errors.js';
import type { ReadCache } from '../disk/read-cache.js';
import type { TorrentContent } from './torrent-content.js';

/** Gets a block, or why there is none. Views stay valid until `release`. */
export type BlockRead = (
  error: StorageError | undefined,
  chunks: readonly Uint8Array[],
  release: () => void,
) => void;

/** Failures to read that say nothing about the medium. */
const passingErrors: ReadonlySet<string> = new Set(['STORAGE_DROPPED', 'STORAGE_BUSY', 'STORAGE_CLOSED']);

/** Reads a block for a peer, through the cache. `onFailure` hears of a failure of the medium besides. */
export function readForUpload(
  cache: ReadCache,
  { info, storage }: TorrentContent,
  { piece, begin, length }: BlockRequest,
  done: BlockRead,
  onFailure: (error: StorageError) => void,
): void {
  cache.read(storage, piece, begin, length, info.layout.pieceSize(piece), (error, ...rest) => {
    done(error, ...rest);
    if (error && !passingErrors.has(error.code)) onFailure(error);
  });
}
