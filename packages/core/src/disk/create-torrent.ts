import { StorageError } from '../common/errors.js';
import type { FileStatus, StorageFile, StorageLayout } from '../ports/storage.js';
import { runBounded } from './bounded-run.js';
import { DiskExecutor } from './disk-executor.js';
import type { DiskTorrent } from './disk-protocol.js';
import { digestLength } from './piece-io.js';

/** Data of one job: long enough that messages do not count, short enough for progress and balance. */
const jobBytes = 4 * 1024 * 1024;
const jobsUnderWay = 16;

/** Options of {@link createTorrentHashes}. */
export interface CreateTorrentHashesOptions {
  /** Folder that the files' paths start from. */
  readonly root: string;
  /** The torrent's files in order; pad files count as zeros (BEP 47). */
  readonly files: readonly StorageFile[];
  readonly pieceLength: number;
  /** Worker threads at most, as for `FileStorage`. */
  readonly threads?: number | undefined;
  /** Where the worker's file is, as for `FileStorage`. */
  readonly workerUrl?: URL | undefined;
  /** Hears of what makes hashing slower than it should be. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Called now and then with the bytes hashed so far. */
  readonly onProgress?: ((hashedBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Status of the files there are; throws unless each has the length it was listed with. */
async function statFiles(executor: DiskExecutor, torrent: DiskTorrent): Promise<readonly FileStatus[]> {
  const statuses = await executor.run(torrent, { kind: 'stat', files: undefined }, 0);
  torrent.layout.files.forEach(({ path, lengthBytes, isPad }, index) => {
    if (isPad || statuses[index]?.lengthBytes === lengthBytes) return;
    throw changed(path.join('/'));
  });
  return statuses;
}

function changed(path: string): StorageError {
  return new StorageError('STORAGE_CHANGED', `'${path}' changed while the torrent was made`, path);
}

/**
 * SHA-1 of every piece of the files, 20 bytes each: `pieces` of an info dictionary (BEP 3). Hashes in
 * several threads. Rejects with `STORAGE_CHANGED` where a file does not have its length, or is written to
 * meanwhile; with another `StorageError` where one cannot be read; with `STORAGE_ABORTED`.
 */
export async function createTorrentHashes(options: CreateTorrentHashesOptions): Promise<Uint8Array> {
  const { root, files, pieceLength, threads, workerUrl, onWarning, onProgress, signal } = options;
  const totalLength = files.reduce((sum, file) => sum + file.lengthBytes, 0);
  const pieceCount = Math.ceil(totalLength / pieceLength);
  const layout: StorageLayout = { files, pieceLength, pieceCount, totalLength };
  const hashes = new Uint8Array(pieceCount * digestLength);
  const executor = new DiskExecutor({ threads, workerUrl, onWarning });
  try {
    // Digests need no slots: what is hashed is read into memory of each thread's own.
    const torrent = executor.register(root, layout, { memory: new SharedArrayBuffer(0), slotLength: 1 });
    const before = await statFiles(executor, torrent);
    const piecesPerJob = Math.max(1, Math.floor(jobBytes / pieceLength));
    let hashedBytes = 0;
    await runBounded(Math.ceil(pieceCount / piecesPerJob), jobsUnderWay, signal, async (index) => {
      const piece = index * piecesPerJob;
      const count = Math.min(piecesPerJob, pieceCount - piece);
      const bytes = Math.min(count * pieceLength, totalLength - piece * pieceLength);
      const digests = await executor.run(torrent, { kind: 'digestPieces', piece, count }, bytes);
      hashes.set(digests, piece * digestLength);
      hashedBytes += bytes;
      onProgress?.(hashedBytes, totalLength);
    });
    const after = await statFiles(executor, torrent);
    files.forEach(({ path }, index) => {
      if (after[index]?.modifiedMs !== before[index]?.modifiedMs) throw changed(path.join('/'));
    });
    return hashes;
  } finally {
    await executor.close();
  }
}
