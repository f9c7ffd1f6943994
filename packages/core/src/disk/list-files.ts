import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StorageError } from '../common/errors.js';
import { storageFailure } from './storage-failure.js';

/** A file to be shared. */
interface ListedFile {
  /** Elements below {@link FileListing.root}, the torrent's name first. */
  readonly path: readonly string[];
  readonly lengthBytes: number;
}

/** What {@link listFiles} found. */
export interface FileListing {
  /** Absolute path of the folder that holds the file or folder listed: a storage's root. */
  readonly root: string;
  /** Name of the file or folder listed. */
  readonly name: string;
  /** Whether `name` is a folder, so that the torrent has many files (BEP 3). */
  readonly isFolder: boolean;
  readonly files: readonly ListedFile[];
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The regular files that a torrent of `path` consists of: the file itself, or all below the folder, hidden
 * and empty ones included. Ordered by path elements, each compared by code units, so the same tree gives the
 * same order on every machine.
 *
 * No symbolic link is followed, `path` itself included, because a storage would refuse to serve it: any
 * rejects with `STORAGE_SYMLINK`. A device, pipe or socket rejects with `STORAGE_NOT_A_FILE`, a tree without
 * a byte of data with `STORAGE_EMPTY`, and system errors with the code of a storage.
 */
export async function listFiles(path: string): Promise<FileListing> {
  const absolute = resolve(path);
  const root = dirname(absolute);
  const name = basename(absolute);
  const files: ListedFile[] = [];

  async function visit(elements: readonly string[]): Promise<boolean> {
    const relative = elements.join('/');
    let status: Stats;
    let names: string[];
    try {
      status = await lstat(join(root, ...elements));
      names = status.isDirectory() ? await readdir(join(root, ...elements)) : [];
    } catch (error) {
      throw storageFailure(error, 'list', relative);
    }
    if (status.isSymbolicLink()) {
      throw new StorageError('STORAGE_SYMLINK', `'${relative}' is a symbolic link`, relative);
    }
    if (status.isDirectory()) {
      for (const child of names.sort(compareNames)) await visit([...elements, child]);
      return true;
    }
    if (!status.isFile()) {
      throw new StorageError('STORAGE_NOT_A_FILE', `'${relative}' is neither a file nor a folder`, relative);
    }
    files.push({ path: elements, lengthBytes: status.size });
    return false;
  }

  const isFolder = await visit([name]);
  if (files.every(({ lengthBytes }) => lengthBytes === 0)) {
    throw new StorageError('STORAGE_EMPTY', `'${name}' holds no data`, name);
  }
  return { root, name, isFolder, files };
}
