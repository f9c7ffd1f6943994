import { dirname, join } from 'node:path';
import { isPeerloomError, StorageError } from '../common/errors.js';
import type { StorageLayout } from '../ports/storage.js';
import { readFileBounded, writeFileAtomic } from './atomic-file.js';
import { checkFile, checkPath, type FilePlaces } from './file-places.js';
import { nodeFileSystem } from './file-system.js';
import { stateFolder } from './state-folder.js';
import { storageFailure } from './storage-failure.js';

/** Longest record that is read: paths of a million files. */
const maxRecordBytes = 256 * 1024 * 1024;

/** A file on its way from one path to another: which one it has, the medium tells. */
export interface Renaming {
  readonly file: number;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What is recorded of a torrent's places. */
export interface PlacesRecord extends FilePlaces {
  /** A rename that was begun. */
  readonly renaming?: Renaming | undefined;
}

function recordPath(root: string, infoHash: string): string {
  return join(stateFolder(root, infoHash), 'places.json');
}

/**
 * The record of a torrent's places; `undefined` where there is none. Rejects with `STORAGE_STATE` where it is
 * damaged, and as reading does.
 */
export async function readPlaces(
  root: string,
  infoHash: string,
  layout: StorageLayout,
): Promise<PlacesRecord | undefined> {
  const path = recordPath(root, infoHash);
  let bytes: Uint8Array;
  try {
    bytes = await readFileBounded(path, maxRecordBytes);
  } catch (error) {
    if (isPeerloomError(error) && (error.code === 'STORAGE_NOT_FOUND' || isNoFolder(error))) return undefined;
    throw error;
  }
  try {
    return parsePlaces(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), layout);
  } catch (error) {
    throw new StorageError('STORAGE_STATE', `'${path}' is damaged`, path, { cause: error });
  }
}

/** Something else is where the state folder would be: then nothing was ever recorded. */
function isNoFolder(error: Error): boolean {
  return (error.cause as { code?: unknown } | undefined)?.code === 'ENOTDIR';
}

/** Replaces the record, whatever happens meanwhile the old or the new one. Rejects with `StorageError`. */
export async function writePlaces(root: string, infoHash: string, record: PlacesRecord): Promise<void> {
  const path = recordPath(root, infoHash);
  const { aside, paths, renaming } = record;
  const fields = { aside: [...aside], paths: [...paths], renaming };
  try {
    nodeFileSystem.mkdir(dirname(path));
  } catch (error) {
    throw storageFailure(error, 'create', dirname(path));
  }
  await writeFileAtomic(path, new TextEncoder().encode(JSON.stringify(fields)));
}

function parsePlaces(value: unknown, layout: StorageLayout): PlacesRecord {
  const { aside, paths, renaming } = value as Record<string, unknown>;
  const checkedFile = (file: unknown): number => {
    if (typeof file !== 'number') throw new TypeError('not a file');
    checkFile(layout, file);
    return file;
  };
  return {
    aside: new Set(asArray(aside).map(checkedFile)),
    paths: new Map(
      asArray(paths).map((entry) => {
        const [file, path] = asArray(entry);
        return [checkedFile(file), checkedPath(path)];
      }),
    ),
    renaming: renaming === undefined ? undefined : parseRenaming(renaming, checkedFile),
  };
}

function parseRenaming(value: unknown, checkedFile: (file: unknown) => number): Renaming {
  const { file, from, to } = value as Record<string, unknown>;
  return { file: checkedFile(file), from: checkedPath(from), to: checkedPath(to) };
}

function asArray(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not a list');
  return value;
}

function checkedPath(value: unknown): readonly string[] {
  const path = asArray(value);
  if (!path.every((element): element is string => typeof element === 'string')) {
    throw new TypeError('not a path');
  }
  checkPath(path);
  return path;
}
