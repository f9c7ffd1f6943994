import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StorageError } from '../common/errors.js';
import { errnoOf, storageFailure } from './storage-failure.js';
import { syncFolder } from './sync-folder.js';

let temporaryCount = 0;

/** Opens a file of a new name beside `path`; one that a process of the same id left behind is passed over. */
async function openTemporary(
  path: string,
  mode: number | undefined,
): Promise<{ name: string; handle: FileHandle }> {
  for (;;) {
    const name = join(dirname(path), `.${basename(path)}.${process.pid}.${temporaryCount++}.tmp`);
    try {
      return { name, handle: await open(name, 'wx', mode) };
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

/**
 * Makes `path` hold `bytes`, or leaves it as it was: at no time, and after no crash, is it something else.
 * The folder must exist. `mode` has the permissions of the file, before the process's mask: 0o600 for secrets. Rejects
 * with `StorageError`; then nothing is left behind.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  try {
    const { name, handle } = await openTemporary(path, mode);
    try {
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(name, path);
    } catch (error) {
      await unlink(name).catch(() => undefined);
      throw error;
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw storageFailure(error, 'write', path);
  }
}

/**
 * The bytes of a regular file. Rejects with `STORAGE_TOO_LARGE` where there are more than `maxBytes`,
 * reading no further, and with `STORAGE_NOT_FOUND` and the other codes of a storage.
 */
export async function readFileBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // Not to block where a named pipe is in its place.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const status = await handle.stat();
      if (!status.isFile()) {
        throw new StorageError('STORAGE_NOT_A_FILE', `'${path}' is not a regular file`, path);
      }
      return await readToEnd(handle, path, status.size, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storageFailure(error, 'read', path);
  }
}

/** Reads until the end really comes: the file may grow, or be one whose size the system does not tell. */
async function readToEnd(
  handle: FileHandle,
  path: string,
  sizeHint: number,
  maxBytes: number,
): Promise<Uint8Array> {
  // One byte more than expected, which tells the end from a file that is longer.
  let bytes = new Uint8Array(Math.min(sizeHint, maxBytes) + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) return bytes.slice(0, length);
    length += bytesRead;
    if (length > maxBytes) {
      throw new StorageError('STORAGE_TOO_LARGE', `'${path}' is longer than ${maxBytes} bytes`, path);
    }
    if (length === bytes.length) {
      const longer = new Uint8Array(Math.min(maxBytes + 1, Math.max(64 * 1024, bytes.length * 2)));
      longer.set(bytes);
      bytes = longer;
    }
  }
}
