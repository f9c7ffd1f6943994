import { StorageError } from '../common/errors.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { FileProblem, FileStatus } from '../ports/storage.js';

/** A file that is longer than the torrent says. */
export interface OversizedFile {
  readonly file: number;
  readonly path: string;
  readonly lengthBytes: number;
  readonly expectedBytes: number;
}

/** What a torrent's files on the medium are looked at by. */
export interface FileCheck {
  readonly layout: TorrentLayout;
  /** Of every file, in order of the layout. */
  readonly statuses: readonly FileStatus[];
  /** Whether anything of the file is wanted. */
  readonly isWanted: (file: number) => boolean;
}

function pathOf({ layout, statuses }: FileCheck, file: number): string {
  return (statuses[file]?.path ?? layout.files[file]?.path ?? []).join('/');
}

/** The wanted files by index, pad files left out. */
function* wantedFiles({ layout, isWanted }: FileCheck): Generator<number> {
  for (const [file, { isPad }] of layout.files.entries()) if (!isPad && isWanted(file)) yield file;
}

function firstProblem(
  check: FileCheck,
  problemOf: (status: FileStatus) => FileProblem | undefined,
): StorageError | undefined {
  for (const file of wantedFiles(check)) {
    const status = check.statuses[file];
    const problem = status && problemOf(status);
    if (problem) return new StorageError(problem.code, problem.message, pathOf(check, file));
  }
  return undefined;
}

/** Why the data can't be used: something else is in a wanted file's place, or it may not be read. */
export function findProblem(check: FileCheck): StorageError | undefined {
  return firstProblem(check, ({ problem }) => problem);
}

/** Why what is missing could not be written: a file or folder is read-only. `isWanted`: has data missing. */
export function findWriteProblem(check: FileCheck): StorageError | undefined {
  return firstProblem(check, ({ writeProblem }) => writeProblem);
}

/** The wanted files that are longer than the torrent says. */
export function findOversized(check: FileCheck): readonly OversizedFile[] {
  const oversized: OversizedFile[] = [];
  for (const file of wantedFiles(check)) {
    const { lengthBytes = 0 } = check.statuses[file] ?? {};
    const expectedBytes = check.layout.files[file]?.lengthBytes ?? 0;
    if (lengthBytes <= expectedBytes) continue;
    oversized.push({ file, path: pathOf(check, file), lengthBytes, expectedBytes });
  }
  return oversized;
}

/**
 * A wanted file that is not the torrent's: something is in it, its length is not that of the torrent, and
 * no piece that reaches into it is right. Downloading would write over what somebody else put there.
 */
export function findForeign(check: FileCheck, has: (piece: number) => boolean): StorageError | undefined {
  const { layout, statuses } = check;
  for (const file of wantedFiles(check)) {
    const { lengthBytes = 0 } = statuses[file] ?? {};
    const expectedBytes = layout.files[file]?.lengthBytes ?? 0;
    // Nothing is ever written to an empty file.
    if (lengthBytes === 0 || expectedBytes === 0 || lengthBytes === expectedBytes) continue;
    const range = layout.piecesOfFile(file);
    let isOurs = false;
    for (let piece = range?.first ?? 0; range && piece <= range.last && !isOurs; piece++) isOurs = has(piece);
    if (isOurs) continue;
    const path = pathOf(check, file);
    const lengths = `it has ${lengthBytes} bytes in place of ${expectedBytes}`;
    const message = `'${path}' is there already and not of this torrent: ${lengths}, and no piece in it is right`;
    return new StorageError('STORAGE_FOREIGN_FILE', message, path);
  }
  return undefined;
}
