import { StorageError } from '../common/errors.js';
import type { StorageLayout } from '../ports/storage.js';
import { ExtentMap } from './extent-map.js';
import { isInStateFolder } from './state-folder.js';

/** Where a torrent's files are, as far as that is not where its layout says. */
export interface FilePlaces {
  /** Files that are kept aside, because they are not wanted. */
  readonly aside: ReadonlySet<number>;
  /** Paths of files that have been renamed. */
  readonly paths: ReadonlyMap<number, readonly string[]>;
}

/** Everything where the layout says. */
export const originalPlaces: FilePlaces = { aside: new Set(), paths: new Map() };

/** The layout with the paths that files have. */
export function layoutAt(original: StorageLayout, { paths }: FilePlaces): StorageLayout {
  if (paths.size === 0) return original;
  const { pieceLength, pieceCount, totalLength, infoHash } = original;
  const files = original.files.map((file, index) => ({ ...file, path: paths.get(index) ?? file.path }));
  const layout = { files, pieceLength, pieceCount, totalLength };
  return infoHash === undefined ? layout : { ...layout, infoHash };
}

/** Throws `STORAGE_PATH` for elements that could name anything but a file of a torrent below the root. */
export function checkPath(path: readonly string[]): void {
  const isSafe = (element: string): boolean =>
    element !== '' && element !== '.' && element !== '..' && !/[/\\\0]/.test(element);
  if (path.length > 0 && path.every(isSafe) && !isInStateFolder(path)) return;
  throw new StorageError(
    'STORAGE_PATH',
    `not a path for a torrent's file: ${JSON.stringify(path)}`,
    path.join('/'),
  );
}

/** Throws `STORAGE_RANGE` unless there is such a file, and it is not a pad file. */
export function checkFile({ files }: StorageLayout, file: number): void {
  if (files[file]?.isPad === false) return;
  throw new StorageError('STORAGE_RANGE', `the torrent has no file ${file}`, '');
}

/**
 * Throws `STORAGE_EXISTS` where another file of the torrent has this path, or is or would be in it as in a
 * folder. Case and ways to compose accents make no difference, as on many file systems.
 */
export function checkPathIsFree({ files }: StorageLayout, file: number, path: readonly string[]): void {
  const wanted = `${fold(path)}/`;
  for (const [index, other] of files.entries()) {
    if (index === file || other.isPad) continue;
    const taken = `${fold(other.path)}/`;
    if (!taken.startsWith(wanted) && !wanted.startsWith(taken)) continue;
    throw pathTaken(path.join('/'), `another file of the torrent, '${other.path.join('/')}', is there`);
  }
}

/** The error for something that is in the way. */
export function pathTaken(path: string, why = 'something is there already'): StorageError {
  return new StorageError('STORAGE_EXISTS', `'${path}' is taken: ${why}`, path);
}

function fold(path: readonly string[]): string {
  return path.join('/').toUpperCase().toLowerCase().normalize('NFC');
}

/** How a selection of files changes what is kept aside. */
export interface SelectionChange {
  /** Files that are kept aside now, and are wanted. */
  readonly returning: readonly number[];
  /** Files that are not wanted, and not kept aside now. */
  readonly leaving: readonly number[];
}

/** What follows from these files not being wanted. Throws `STORAGE_RANGE` for what is no file. */
export function selectionChange(
  layout: StorageLayout,
  { aside }: FilePlaces,
  unwanted: readonly number[],
): SelectionChange {
  for (const file of unwanted) {
    if (layout.files[file] === undefined) {
      throw new StorageError('STORAGE_RANGE', `the torrent has no file ${file}`, '');
    }
  }
  const without = new Set(unwanted);
  return {
    returning: [...aside].filter((file) => !without.has(file)),
    leaving: [...without].filter((file) => !aside.has(file) && layout.files[file]?.isPad === false),
  };
}

/** One run of bytes of a file that is in a part. */
export interface PartExtent {
  readonly piece: number;
  /** Where it starts in the part. */
  readonly begin: number;
  /** Where it starts in the file. */
  readonly position: number;
  readonly lengthBytes: number;
}

/** Which of the parts hold what of a file. */
export function extentsInParts(
  layout: StorageLayout,
  map: ExtentMap,
  file: number,
  parts: readonly number[],
): PartExtent[] {
  const range = map.piecesOf(file);
  const lengthBytes = layout.files[file]?.lengthBytes ?? 0;
  if (range === undefined) return [];
  const { begin: first } = map.locate(file, 0);
  const found: PartExtent[] = [];
  for (const piece of parts) {
    if (piece < range.first || piece > range.last) continue;
    const begin = piece === range.first ? first : 0;
    const position = (piece - range.first) * layout.pieceLength - (piece === range.first ? 0 : first);
    const length = Math.min(layout.pieceLength - begin, lengthBytes - position);
    found.push({ piece, begin, position, lengthBytes: length });
  }
  return found;
}

/** The parts that no file which is kept aside needs. */
export function uselessParts(
  layout: StorageLayout,
  aside: ReadonlySet<number>,
  parts: readonly number[],
): number[] {
  const map = new ExtentMap(layout);
  return parts.filter((piece) => {
    const lengthBytes = piece < layout.pieceCount ? layout.pieceLength : 0;
    return !map.extents(piece, 0, lengthBytes).some(({ file }) => aside.has(file));
  });
}
