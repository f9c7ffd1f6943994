import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageLayout } from '../ports/storage.js';
import { copyRange } from './copy-file.js';
import type { ExtentMap } from './extent-map.js';
import { extentsInParts, type PartExtent } from './file-places.js';
import { partPath, partsFolderPath } from './part-files.js';
import { isThere, placeFile } from './place-file.js';
import { storageFailure } from './storage-failure.js';
import { TorrentFolders } from './torrent-folders.js';

const compareLength = 256 * 1024;

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
 * Where something is there it stays as it is: `taken` if it has all that the parts have, `foreign` if not.
 * Rejects with `StorageError`; the parts stay in any case.
 */
export async function restoreFile(
  source: RestoreSource,
  file: number,
): Promise<'restored' | 'nothing' | 'taken' | 'foreign'> {
  const { root, infoHash, layout, map, parts } = source;
  const { path = [], lengthBytes = 0 } = layout.files[file] ?? {};
  const target = join(root, ...path);
  const extents = extentsInParts(layout, map, file, parts);
  try {
    if (await isThere(target)) return (await hasAll(source, target, extents)) ? 'taken' : 'foreign';
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

/** Whether a file has the bytes that the parts have of it. */
async function hasAll(
  { root, infoHash }: RestoreSource,
  target: string,
  extents: readonly PartExtent[],
): Promise<boolean> {
  if (extents.length === 0) return true;
  if (!(await lstat(target)).isFile()) return false;
  const file = await open(target, 'r');
  try {
    for (const { piece, begin, position, lengthBytes } of extents) {
      const part = await open(join(root, ...partPath(infoHash, piece)), 'r');
      try {
        for (let done = 0; done < lengthBytes; done += compareLength) {
          const length = Math.min(compareLength, lengthBytes - done);
          const [ours, theirs] = [
            await readSome(part, begin + done, length),
            await readSome(file, position + done, length),
          ];
          if (!ours.equals(theirs)) return false;
        }
      } finally {
        await part.close();
      }
    }
    return true;
  } finally {
    await file.close();
  }
}

/** What is there of a run of bytes. */
async function readSome(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
