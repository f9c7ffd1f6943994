import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageError } from '../common/errors.js';
import type { DiskTorrent } from './disk-protocol.js';
import { createdFlag, FileFlags, unflushedFlag } from './file-flags.js';
import { openForWriting } from './file-system.js';
import { partPath } from './part-files.js';
import { storageFailure } from './storage-failure.js';
import { syncFolder } from './sync-folder.js';

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, openForWriting);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Files that were written, by number, and what is known of each. */
interface WrittenFiles {
  readonly count: number;
  readonly flags: FileFlags;
  readonly pathOf: (file: number) => readonly string[];
}

/**
 * Flushes the files of a torrent that any thread has written, and the folders of those created. Done by
 * the system's own threads, because a flush can take seconds, in which disk jobs go on. Rejects with the
 * first `StorageError`, after all were tried; what failed is tried again the next time.
 */
export async function syncTorrent({ root, layout, flags, partFlags }: DiskTorrent): Promise<void> {
  const { files, pieceCount, infoHash } = layout;
  const pathOf = (file: number): readonly string[] => files[file]?.path ?? [];
  let failure = await syncFiles(root, { count: files.length, flags: new FileFlags(flags), pathOf });
  if (partFlags && infoHash !== undefined) {
    const partPathOf = (piece: number): readonly string[] => partPath(infoHash, piece);
    const parts = { count: pieceCount, flags: new FileFlags(partFlags), pathOf: partPathOf };
    const inParts = await syncFiles(root, parts);
    failure ??= inParts;
  }
  if (failure !== undefined) throw failure;
}

/** Resolves with the first failure. */
async function syncFiles(
  root: string,
  { count, flags, pathOf }: WrittenFiles,
): Promise<StorageError | undefined> {
  const folders = new Map<string, number[]>();
  let failure: StorageError | undefined;

  async function attempt(sync: Promise<void>, files: readonly number[], flag: number, path: string) {
    try {
      await sync;
    } catch (error) {
      for (const file of files) flags.set(file, flag);
      failure ??= storageFailure(error, 'flush', path);
    }
  }

  for (let file = 0; file < count; file++) {
    if (!flags.has(file, createdFlag | unflushedFlag)) continue;
    const path = pathOf(file);
    if (flags.has(file, createdFlag)) {
      flags.clear(file, createdFlag);
      for (let depth = path.length - 1; depth >= 0; depth--) {
        const folder = path.slice(0, depth).join('/');
        folders.set(folder, [...(folders.get(folder) ?? []), file]);
      }
    }
    if (!flags.has(file, unflushedFlag)) continue;
    // Cleared first: what is written meanwhile is for the next flush.
    flags.clear(file, unflushedFlag);
    await attempt(syncFile(join(root, ...path)), [file], unflushedFlag, path.join('/'));
  }
  for (const [folder, files] of folders) {
    await attempt(syncFolder(join(root, folder)), files, createdFlag, folder);
  }
  return failure;
}
