import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { StorageError } from '../common/errors.js';
import type { FileSystem } from './file-system.js';
import { errnoOf } from './storage-failure.js';

/**
 * Keeps a torrent's files below the storage's root: a folder that a symbolic link leads out of it is
 * refused with `STORAGE_SYMLINK`. The root itself may be a link. Each folder is looked at once.
 */
export class FolderGuard {
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  #realRoot: string | undefined;
  /** Folders relative to the root that were found inside. */
  readonly #inside = new Set<string>();

  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#root = root;
  }

  /** Whether the folder exists. Throws `STORAGE_SYMLINK`, or the system's error. */
  exists(elements: readonly string[]): boolean {
    const folder = elements.join(sep);
    if (this.#inside.has(folder)) return true;
    try {
      this.#realRoot ??= this.#fileSystem.realpath(this.#root);
      const toFolder = relative(this.#realRoot, this.#fileSystem.realpath(join(this.#root, folder)));
      if (toFolder === '..' || toFolder.startsWith(`..${sep}`) || isAbsolute(toFolder)) {
        const path = elements.join('/');
        throw new StorageError('STORAGE_SYMLINK', `'${path}' leads out of the torrent's folder`, path);
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
    this.#inside.add(folder);
    return true;
  }

  /** Absolute path of the deepest folder on the way to this one that exists, above the root where need be. */
  nearest(elements: readonly string[]): string {
    for (let depth = elements.length; depth >= 0; depth--) {
      if (this.exists(elements.slice(0, depth))) return join(this.#root, ...elements.slice(0, depth));
    }
    let folder = dirname(this.#root);
    while (dirname(folder) !== folder && !this.#isThere(folder)) folder = dirname(folder);
    return folder;
  }

  #isThere(folder: string): boolean {
    try {
      this.#fileSystem.lstat(folder);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Creates the folder, and the root, where they are not there. Throws as `exists` does. */
  create(elements: readonly string[]): void {
    let depth = 0;
    while (depth <= elements.length && this.exists(elements.slice(0, depth))) depth++;
    if (depth > elements.length) return;
    this.#fileSystem.mkdir(join(this.#root, ...elements));
    this.exists(elements);
  }

  /** Looks again at all folders from now on. */
  forget(): void {
    this.#inside.clear();
    this.#realRoot = undefined;
  }
}
