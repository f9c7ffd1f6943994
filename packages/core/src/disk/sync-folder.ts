import { open } from 'node:fs/promises';
import { errnoOf } from './storage-failure.js';

/** What systems answer that cannot flush a folder, or do not let us: there is nothing more to do then. */
const unsupported = new Set(['EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF']);

/** Flushes a folder, so that files created in it or renamed into it are there after a power cut. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!unsupported.has(errnoOf(error) ?? '')) throw error;
  }
}
