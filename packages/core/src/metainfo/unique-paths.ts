import { splitForNumber } from './sanitize-path.js';

/**
 * The paths of the files of one torrent with those changed that could not exist beside the others: a
 * file that has the path of an earlier one, or of a folder, gets a number before its extension. Names
 * that differ only in case or in how accents are composed count as the same, as they do on many file
 * systems. Paths must be sanitised and not empty. Those that are `ignored`, by index, stay and take no
 * name. Yields after each of two steps a path.
 */
export function* uniquePaths(
  paths: readonly (readonly string[])[],
  ignored: readonly boolean[] = [],
): Generator<undefined, (readonly string[])[]> {
  const names = new PathNames();
  const folderOf: number[] = [];
  for (const [index, path] of paths.entries()) {
    folderOf.push(ignored[index] === true ? 0 : names.folderOf(path));
    yield;
  }
  const unique: (readonly string[])[] = [];
  for (const [index, path] of paths.entries()) {
    unique.push(ignored[index] === true ? path : names.take(path, folderOf[index] ?? 0));
    yield;
  }
  return unique;
}

/** The names that are taken in the folders of one torrent. */
class PathNames {
  /** Number of each folder, by the number of the one above and its own name. */
  readonly #folders = new Map<string, number>();
  readonly #taken = new Set<string>();
  readonly #nextNumber = new Map<string, number>();
  /** Files of one folder mostly follow each other. */
  #lastPath: readonly string[] = [];
  #lastFolder = 0;

  /** Number of the folder that a file is in. All are to be known before the first file takes its name. */
  folderOf(path: readonly string[]): number {
    if (isSameFolder(path, this.#lastPath)) return this.#lastFolder;
    let folder = 0;
    for (let i = 0; i < path.length - 1; i++) {
      const key = `${folder}/${fold(path[i] ?? '')}`;
      folder = this.#folders.get(key) ?? this.#folders.size + 1;
      this.#folders.set(key, folder);
    }
    this.#lastPath = path;
    this.#lastFolder = folder;
    return folder;
  }

  /** The path with the name that the file gets. */
  take(path: readonly string[], folder: number): readonly string[] {
    const given = path.at(-1) ?? '';
    const prefix = `${folder}/`;
    let key = prefix + fold(given);
    let name = given;
    if (!this.#isFree(key)) {
      // Counted by what the candidates are made from, so that many equal names cost no more than a few.
      const { stem, extension } = splitForNumber(given);
      const foldedStem = prefix + fold(stem);
      const foldedExtension = fold(extension);
      const series = `${foldedStem}/${foldedExtension}`;
      let number = this.#nextNumber.get(series) ?? 0;
      do key = `${foldedStem}.${++number}${foldedExtension}`;
      while (!this.#isFree(key));
      this.#nextNumber.set(series, number);
      name = `${stem}.${number}${extension}`;
    }
    this.#taken.add(key);
    return name === given ? path : [...path.slice(0, -1), name];
  }

  #isFree(key: string): boolean {
    return !this.#taken.has(key) && !this.#folders.has(key);
  }
}

function isSameFolder(path: readonly string[], other: readonly string[]): boolean {
  if (path.length !== other.length) return false;
  for (let i = 0; i < path.length - 1; i++) if (path[i] !== other[i]) return false;
  return true;
}

/**
 * One spelling for all names that a file system may take for the same. That of two names with a dot between
 * them is the two spellings with a dot between them.
 */
function fold(name: string): string {
  // Most names; the other way costs ten times as much.
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  // A sigma is another letter at the end of a word than within.
  return name.toUpperCase().toLowerCase().replaceAll('\u03c2', '\u03c3').normalize('NFC');
}
