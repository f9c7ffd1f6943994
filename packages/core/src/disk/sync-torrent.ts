import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageError } from '../common/errors.js';
import type { DiskTorrent } from './disk-protocol.js';
import { createdFlag, FileFlags, unflushedFlag } from './file-flags.js';
import { openForWriting } from './file-system.js';
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

/**
 * Flushes the files of a torrent that any thread has written, and the folders of those created. Done by
 * the system's own threads, because a flush can take seconds, in which disk jobs go on. Rejects with the
 * first `StorageError`, after all were tried; what failed is tried again the next time.
 */
export async function syncTorrent({ root, layout, flags: memory }: DiskTorrent): Promise<void> {
  const flags = new FileFlags(memory);
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

  for (const [file, { path }] of layout.files.entries()) {
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
  if (failure !== undefined) throw failure;
}
