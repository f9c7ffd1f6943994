import { rmdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { nodeFileSystem } from './file-system.js';
import { FolderGuard } from './folder-guard.js';
import { isThere } from './place-file.js';
import { syncFolder } from './sync-folder.js';

/** Folders on the way to paths, as path elements joined by the system's separator, deepest first, without the root. */
function foldersOf(paths: Iterable<readonly string[]>): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let depth = path.length - 1; depth > 0; depth--) folders.add(path.slice(0, depth).join(sep));
  }
  return [...folders].sort((a, b) => b.split(sep).length - a.split(sep).length);
}

/** Folders of one storage's root that files are moved in and out of. */
export class TorrentFolders {
  readonly #root: string;
  readonly #guard: FolderGuard;
  /** Folders that were made, deepest last. */
  readonly #made: string[] = [];

  constructor(root: string) {
    this.#root = root;
    this.#guard = new FolderGuard(nodeFileSystem, root);
  }

  /**
   * Makes the folders that files of these paths are in. Rejects with `STORAGE_SYMLINK` where one leads out of the
   * root, or the system's error.
   */
  async makeFor(paths: Iterable<readonly string[]>): Promise<void> {
    for (const folder of foldersOf(paths)) {
      await this.#noteMissing(join(this.#root, folder));
      this.#guard.create(folder.split(sep));
    }
    await this.#noteMissing(this.#root);
    this.#guard.create([]);
  }

  async #noteMissing(folder: string): Promise<void> {
    const missing: string[] = [];
    for (let at = folder; dirname(at) !== at && !(await isThere(at)); at = dirname(at)) missing.push(at);
    this.#made.push(...missing.reverse());
  }

  /** Takes out again what was made, as far as nothing is in it. */
  async unmake(): Promise<void> {
    for (const folder of this.#made.reverse()) await rmdir(folder).catch(() => undefined);
  }

  /** Takes out the folders of files that are gone, as far as nothing is in them. The root stays. */
  async removeEmpty(paths: Iterable<readonly string[]>): Promise<void> {
    for (const folder of foldersOf(paths)) {
      await rmdir(join(this.#root, folder)).catch(() => undefined);
    }
  }

  /** Flushes the folders of these paths, so that what was put there is there after a power cut. */
  async sync(paths: Iterable<readonly string[]>): Promise<void> {
    for (const folder of foldersOf(paths)) await syncFolder(join(this.#root, folder));
    await syncFolder(this.#root);
  }
}
