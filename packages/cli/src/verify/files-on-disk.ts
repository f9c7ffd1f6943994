import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError, type TorrentLayout } from '@peerloom/core';
import type { FileOnDisk } from './file-verdict.js';

/**
 * What stands below `folder` where the files of a torrent should be, by index. Rejects with
 * `STORAGE_IO` where the system does not tell.
 */
export async function filesOnDisk(folder: string, layout: TorrentLayout): Promise<readonly FileOnDisk[]> {
  const files: FileOnDisk[] = [];
  for (const { path, isPad } of layout.files) {
    files.push(isPad ? { kind: 'absent' } : await lookAt(join(folder, ...path), path.join('/')));
  }
  return files;
}

async function lookAt(path: string, name: string): Promise<FileOnDisk> {
  try {
    const status = await lstat(path);
    return status.isFile() ? { kind: 'file', lengthBytes: status.size } : { kind: 'other' };
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return { kind: 'absent' };
    throw new StorageError('STORAGE_IO', `cannot look at '${name}': ${errno}`, name, { cause: error });
  }
}
