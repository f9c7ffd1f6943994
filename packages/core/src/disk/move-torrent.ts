import type { Dirent } from 'node:fs';
import { lstat, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageError } from '../common/errors.js';
import { checkAborted, copyFile } from './copy-file.js';
import { pathTaken } from './file-places.js';
import { isSameFile, isThere, renameIntoFree, tryLink } from './place-file.js';
import { errnoOf, storageFailure } from './storage-failure.js';
import { TorrentFolders } from './torrent-folders.js';

/** Files that move from below one folder to the same paths below another. */
export interface TorrentMove {
  readonly from: string;
  readonly to: string;
  /** Path elements of the files; those that do not exist, or are no regular files, stay. */
  readonly paths: readonly (readonly string[])[];
  /** Ends it; then everything is where it was. */
  readonly signal: AbortSignal;
}

type Put = 'linked' | 'copied' | 'renamed';

/**
 * Moves files, also to another file system, and never over anything: all are in the new place, flushed, before
 * the first one leaves the old. Rejects with `STORAGE_EXISTS`, `STORAGE_ABORTED` or another `StorageError`; then
 * everything is where it was. Resolves with the failures to take files out of the old place, if any.
 */
export async function moveTorrent({ from, to, paths: all, signal }: TorrentMove): Promise<StorageError[]> {
  const put: { readonly path: readonly string[]; readonly how: Put }[] = [];
  const paths: (readonly string[])[] = [];
  for (const path of all) if (await isRegularFile(join(from, ...path))) paths.push(path);
  for (const path of paths) await checkFree(from, to, path);
  const folders = new TorrentFolders(to);
  let current: readonly string[] = [];
  try {
    await folders.makeFor(paths);
    for (const path of paths) {
      checkAborted(signal);
      current = path;
      put.push({ path, how: await putThere(join(from, ...path), join(to, ...path), signal) });
    }
    current = [];
    await folders.sync(paths);
  } catch (error) {
    for (const { path, how } of put.reverse()) await putBack(join(from, ...path), join(to, ...path), how);
    await folders.unmake();
    throw storageFailure(error, 'move', current.join('/'));
  }
  const failures: StorageError[] = [];
  for (const { path, how } of put) {
    if (how === 'renamed') continue;
    await unlink(join(from, ...path)).catch((error) => {
      failures.push(storageFailure(error, 'remove', path.join('/')));
    });
  }
  await new TorrentFolders(from).removeEmpty(paths);
  return failures;
}

async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return false;
    throw storageFailure(error, 'move', path);
  }
}

async function checkFree(from: string, to: string, path: readonly string[]): Promise<void> {
  const target = join(to, ...path);
  try {
    if (!(await isThere(target))) return;
    // What a move that was killed left behind.
    if (await isSameFile(join(from, ...path), target)) return;
  } catch (error) {
    throw storageFailure(error, 'move', path.join('/'));
  }
  throw pathTaken(path.join('/'), `something is there already, in '${to}'`);
}

async function putThere(from: string, to: string, signal: AbortSignal): Promise<Put> {
  if ((await isThere(to)) && (await isSameFile(from, to))) return 'linked';
  try {
    if ((await tryLink(from, to)) === 'linked') return 'linked';
    await renameIntoFree(from, to);
    return 'renamed';
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
  }
  await copyFile(from, to, signal);
  return 'copied';
}

async function putBack(from: string, to: string, how: Put): Promise<void> {
  // As far as possible: what made the move fail may stand in the way here too, and the first failure is told.
  if (how === 'renamed') await rename(to, from).catch(() => undefined);
  else await unlink(to).catch(() => undefined);
}

/** Path elements, below `root`, of all regular files below a folder there; none where it does not exist. */
export async function listBelow(root: string, folder: readonly string[]): Promise<(readonly string[])[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, ...folder), { withFileTypes: true });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return [];
    throw storageFailure(error, 'read', folder.join('/'));
  }
  const found: (readonly string[])[] = [];
  for (const entry of entries) {
    const path = [...folder, entry.name];
    if (entry.isDirectory()) found.push(...(await listBelow(root, path)));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}
