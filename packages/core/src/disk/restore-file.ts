import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageLayout } from '../ports/storage.js';
import { copyRange } from './copy-file.js';
import type { ExtentMap } from './extent-map.js';
import { extentsInParts } from './file-places.js';
import { partPath, partsFolderPath } from './part-files.js';
import { isThere, placeFile } from './place-file.js';
import { storageFailure } from './storage-failure.js';
import { TorrentFolders } from './torrent-folders.js';

/** A torrent's parts and where its files belong. */
export interface RestoreSource {
  readonly root: string;
  readonly infoHash: string;
  readonly layout: StorageLayout;
  readonly map: ExtentMap;
  /** Pieces of which there is a part. */
  readonly parts: readonly number[];
}

/**
 * Makes a file that was kept aside, of what the parts have of it, and puts it in its place, whole or not at all.
 * `taken` where something is there: that stays as it is. Rejects with `StorageError`; the parts stay in any case.
 */
export async function restoreFile(
  source: RestoreSource,
  file: number,
): Promise<'restored' | 'nothing' | 'taken'> {
  const { root, infoHash, layout, map, parts } = source;
  const { path = [], lengthBytes = 0 } = layout.files[file] ?? {};
  const target = join(root, ...path);
  const extents = extentsInParts(layout, map, file, parts);
  try {
    if (await isThere(target)) return 'taken';
    if (extents.length === 0 && lengthBytes > 0) return 'nothing';
    const folders = new TorrentFolders(root);
    const whole = [...partsFolderPath(infoHash), `whole-${file}`];
    await folders.makeFor([path, whole]);
    const temporary = join(root, ...whole);
    // One that a process which was killed has left behind is begun anew.
    const handle = await open(temporary, 'w');
    try {
      try {
        for (const { piece, begin, position, lengthBytes: length } of extents) {
          const part = await open(join(root, ...partPath(infoHash, piece)), 'r');
          try {
            await copyRange(part, begin, handle, position, length);
          } finally {
            await part.close();
          }
        }
        // A run of zeros at the end is not written, and counts all the same.
        const last = extents.at(-1);
        if (last) await handle.truncate(last.position + last.lengthBytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await placeFile(temporary, target);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await folders.sync([path]);
    return 'restored';
  } catch (error) {
    throw storageFailure(error, 'put into its place', path.join('/'));
  }
}
