import { link, lstat, rename, unlink } from 'node:fs/promises';
import { pathTaken } from './file-places.js';
import { errnoOf } from './storage-failure.js';

/** What systems answer that cannot give a file a second name, or do not let us. */
const noLinks = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

/** Whether anything is there. Rejects with the system's error. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return false;
    throw error;
  }
}

/** Whether both are names of one file. */
export async function isSameFile(path: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([lstat(path, { bigint: true }), lstat(other, { bigint: true })]);
  return a.dev === b.dev && a.ino === b.ino && a.ino !== 0n;
}

/**
 * Gives a file a second name, within one file system. `unsupported` where only a rename can be done. Rejects
 * with `STORAGE_EXISTS` where something is there, or the system's error.
 */
export async function tryLink(from: string, to: string): Promise<'linked' | 'unsupported'> {
  try {
    await link(from, to);
    return 'linked';
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'EEXIST') throw pathTaken(to);
    if (noLinks.has(errno)) return 'unsupported';
    throw error;
  }
}

/** Renames where links are not to be had, so that there is a moment between looking and doing. */
export async function renameIntoFree(from: string, to: string): Promise<void> {
  if (await isThere(to)) throw pathTaken(to);
  await rename(from, to);
}

/**
 * Moves a file within one file system and never over anything. Rejects with `STORAGE_EXISTS` where something is
 * there, or the system's error; then it is where it was.
 */
export async function placeFile(from: string, to: string): Promise<void> {
  if (await isThere(to)) {
    if (!(await isOtherSpelling(from, to))) throw pathTaken(to);
    await rename(from, to);
    return;
  }
  if ((await tryLink(from, to)) === 'linked') await unlink(from);
  else await renameIntoFree(from, to);
}

/** Whether both paths are one name, where case makes no difference: there is one file, and it has one name only. */
export async function isOtherSpelling(path: string, other: string): Promise<boolean> {
  return (await isSameFile(path, other)) && (await lstat(path)).nlink === 1;
}
