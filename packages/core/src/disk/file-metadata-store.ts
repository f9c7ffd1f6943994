import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../common/errors.js';
import type { MetadataStore } from '../ports/metadata-store.js';
import { readFileBounded, writeFileAtomic } from './atomic-file.js';
import { nodeFileSystem } from './file-system.js';
import { stateFolder, stateFolderPath } from './state-folder.js';
import { errnoOf, storageFailure } from './storage-failure.js';
import { TorrentFolders } from './torrent-folders.js';

/** The file in a torrent's state folder that holds its info dictionary, as its hash was taken over it. */
export const metadataFileName = 'info';

/** Keeps info dictionaries in torrents' state folders, each in a file that is replaced as a whole. */
export class FileMetadataStore implements MetadataStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async load(infoHash: string, maxBytes: number): Promise<Uint8Array | undefined> {
    try {
      return await readFileBounded(this.#pathOf(infoHash), maxBytes);
    } catch (error) {
      if (error instanceof StorageError && error.code === 'STORAGE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  async save(infoHash: string, info: Uint8Array): Promise<void> {
    const folder = stateFolder(this.#root, infoHash);
    try {
      nodeFileSystem.mkdir(folder);
    } catch (error) {
      throw storageFailure(error, 'write', folder);
    }
    await writeFileAtomic(this.#pathOf(infoHash), info);
  }

  async remove(infoHash: string): Promise<void> {
    const path = this.#pathOf(infoHash);
    try {
      await unlink(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw storageFailure(error, 'remove', path);
    }
    await new TorrentFolders(this.#root).removeEmpty([[...stateFolderPath(infoHash), metadataFileName]]);
  }

  #pathOf(infoHash: string): string {
    return join(stateFolder(this.#root, infoHash), metadataFileName);
  }
}
