import { join } from 'node:path';
import { DiskFiles } from './disk-files.js';
import type { FileFlags } from './file-flags.js';
import type { FileSystem } from './file-system.js';
import type { OpenFilePool } from './open-file-pool.js';
import { partPath, partsAmong, partsFolderPath } from './part-files.js';
import type { PartStore } from './parted-files.js';
import { errnoOf, storageFailure } from './storage-failure.js';

/** The parts of a torrent's pieces as files in its state folder, as one thread sees them. */
export class DiskParts extends DiskFiles implements PartStore {
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  readonly #infoHash: string;

  /** @param flags A file's flags for each piece. */
  constructor(fileSystem: FileSystem, pool: OpenFilePool, root: string, infoHash: string, flags: FileFlags) {
    super(fileSystem, pool, root, (piece) => partPath(infoHash, piece), flags);
    this.#fileSystem = fileSystem;
    this.#root = root;
    this.#infoHash = infoHash;
  }

  list(): readonly number[] {
    const path = partsFolderPath(this.#infoHash);
    try {
      return partsAmong(this.#fileSystem.readdir(join(this.#root, ...path)));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw storageFailure(error, 'read', path.join('/'));
    }
  }
}
